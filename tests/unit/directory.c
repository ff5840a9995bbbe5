/* SPDX-License-Identifier: Apache-2.0 */
/* What root does in directories of others: no link that they planted leads it anywhere. */

#include <hcstate/directory.h>
#include <hcstate/file.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

enum {
	OTHER = 65534, /* a user that is not us, when we are root */
};

/* `ours` is ours alone; `theirs` is a directory that others write to; `victim` must not change. */
struct place {
	struct hc_arena *arena;
	char *top, *ours, *theirs, *victim;
};

static char *in(const struct place *place, const char *directory, const char *name)
{
	return hc_printf(place->arena, "%s/%s", directory, name);
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	char path[] = "/tmp/hcstate-directory-XXXXXX";

	place->arena = hc_arena_new();
	place->top = hc_strdup(place->arena, mkdtemp(path));
	place->ours = in(place, place->top, "ours");
	place->theirs = in(place, place->top, "theirs");
	place->victim = in(place, place->top, "victim");
	assert_int_equal(mkdir(place->ours, 0755), 0);
	assert_int_equal(chmod(place->ours, 0755), 0);
	assert_int_equal(mkdir(place->theirs, 0755), 0);
	assert_int_equal(chmod(place->theirs, 0777), 0);
	assert_int_equal(mkdir(place->victim, 0755), 0);
	assert_int_equal(hc_file_write(in(place, place->victim, "shadow"), 0600, "x", 1), 0);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	int r = system(hc_printf(place->arena, "rm -rf %s", place->top));

	(void)hc_arena_free(place->arena);
	free(place);
	return r;
}

/* How many names are in the directory. */
static int entries(const struct place *place, const char *directory)
{
	FILE *pipe = popen(hc_printf(place->arena, "ls -A %s | wc -l", directory), "r");
	int n = -1;

	assert_int_equal(fscanf(pipe, "%d", &n), 1);
	pclose(pipe);
	return n;
}

static int give(const char *path)
{
	return hc_file_give(path, 0600, getuid(), getgid(), "key", 3);
}

static int opened(const char *path)
{
	int fd = hc_directory_open(path);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? fd : 0;
}

static void a_planted_directory_link_is_not_followed(void **state)
{
	const struct place *place = *state;
	const char *link = in(place, place->theirs, "mgr");

	assert_int_equal(symlink(place->victim, link), 0);
	assert_int_equal(opened(link), -ELOOP);
	assert_int_equal(give(in(place, link, "keyring")), -ELOOP);
	assert_int_equal(hc_directory_give(in(place, link, "ceph-0"), 0750, getuid(), getgid()),
			 -ELOOP);
	assert_int_equal(hc_file_link(in(place, link, "block"), "/dev/sdb"), -ELOOP);
	assert_int_equal(hc_file_clear(in(place, link, "shadow")), -ELOOP);
	assert_int_equal(entries(place, place->victim), 1);
	assert_int_equal(access(in(place, place->victim, "shadow"), F_OK), 0);
	assert_non_null(strstr(hc_directory_error(-ELOOP), "not followed"));
}

/* A link of root's that was moved into a directory of theirs is still one that they chose. */
static void nor_one_further_down_or_up(void **state)
{
	const struct place *place = *state;
	const char *deep = in(place, place->theirs, "a/b");

	assert_int_equal(mkdir(in(place, place->theirs, "a"), 0755), 0);
	assert_int_equal(mkdir(deep, 0755), 0);
	assert_int_equal(opened(deep), 0);
	assert_int_equal(opened(in(place, place->theirs, "../victim")), -ELOOP);
	assert_int_equal(symlink("../victim", in(place, place->theirs, "l")), 0);
	assert_int_equal(symlink(in(place, place->theirs, "l"), in(place, place->ours, "to")), 0);
	assert_int_equal(opened(in(place, place->ours, "to")), -ELOOP);
}

/* As where /var is a link to another disk. */
static void a_link_in_a_directory_of_ours_alone_is_followed(void **state)
{
	const struct place *place = *state;
	struct stat there, here;
	const char *var = in(place, place->ours, "var");
	int fd;

	assert_int_equal(symlink("../../../tmp/./", in(place, place->ours, "tmp")), 0);
	assert_int_equal(symlink(place->theirs, var), 0);
	assert_int_equal(give(in(place, var, "keyring")), 0);
	assert_int_equal(access(in(place, place->theirs, "keyring"), F_OK), 0);
	fd = hc_directory_open(in(place, var, "/"));
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &there), 0);
	assert_int_equal(stat(place->theirs, &here), 0);
	assert_int_equal(there.st_ino, here.st_ino);
	(void)close(fd);
}

static void links_in_a_circle_and_long_ones_end(void **state)
{
	const struct place *place = *state;
	char long_target[4000];

	memset(long_target, 'a', sizeof(long_target));
	for (size_t i = 100; i < sizeof(long_target); i += 100)
		long_target[i] = '/';
	long_target[sizeof(long_target) - 1] = '\0';
	assert_int_equal(symlink("circle", in(place, place->ours, "circle")), 0);
	assert_int_equal(opened(in(place, place->ours, "circle")), -ELOOP);
	assert_int_equal(symlink(long_target, in(place, place->ours, "long")), 0);
	assert_int_equal(opened(in(place, place->ours,
				   hc_printf(place->arena, "long/%s", long_target + 3800))),
			 -ENAMETOOLONG);
	assert_int_equal(opened(hc_printf(place->arena, "/%s/%s", long_target, long_target)),
			 -ENAMETOOLONG);
}

static void what_is_no_directory_is_told(void **state)
{
	const struct place *place = *state;

	assert_int_equal(opened(in(place, place->ours, "none")), -ENOENT);
	assert_int_equal(opened(in(place, place->victim, "shadow")), -ENOTDIR);
	assert_int_equal(opened(in(place, place->victim, "shadow/x")), -ENOTDIR);
	assert_int_equal(opened("/"), 0);
	assert_int_equal(opened("."), 0);
	assert_int_equal(give(in(place, place->ours, "none/keyring")), -ENOENT);
}

static void a_given_file_has_its_mode_and_owner_when_it_is_there(void **state)
{
	const struct place *place = *state;
	const char *path = in(place, place->theirs, "keyring");
	uid_t user = getuid() ? getuid() : OTHER;
	mode_t before = umask(077);
	struct stat st;

	assert_int_equal(hc_file_give(path, 0640, user, getgid(), "key", 3), 0);
	umask(before);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, user);
	assert_int_equal(st.st_gid, getgid());
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(entries(place, place->theirs), 1);
}

/* Both names of the file may be links that wait for us. */
static void links_in_the_place_of_a_given_file_are_replaced(void **state)
{
	const struct place *place = *state;
	const char *path = in(place, place->theirs, "keyring");
	const char *shadow = in(place, place->victim, "shadow");
	struct stat st;

	assert_int_equal(symlink(shadow, path), 0);
	assert_int_equal(symlink(shadow, in(place, place->theirs, ".keyring.new")), 0);
	assert_int_equal(hc_file_give(path, 0644, getuid() ? getuid() : OTHER, getgid(), "k", 1),
			 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(stat(shadow, &st), 0);
	assert_int_equal(st.st_uid, getuid());
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_given_directory_has_its_mode_and_owner(void **state)
{
	const struct place *place = *state;
	const char *path = in(place, place->theirs, "ceph-0");
	uid_t user = getuid() ? getuid() : OTHER;
	mode_t before = umask(077);
	struct stat st;

	for (int i = 0; i < 2; i++)
		assert_int_equal(hc_directory_give(path, 0750, user, getgid()), 0);
	umask(before);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, user);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink(place->victim, path), 0);
	assert_int_equal(hc_directory_give(path, 0700, user, getgid()), -ENOTDIR);
	assert_int_equal(stat(place->victim, &st), 0);
	assert_int_equal(st.st_uid, getuid());
	assert_int_equal(st.st_mode & 07777, 0755);
}

static void a_link_takes_the_place_of_the_old_one(void **state)
{
	const struct place *place = *state;
	const char *path = in(place, place->ours, "osd-3");
	char target[64] = "";

	assert_int_equal(hc_file_link(path, "/dev/sdb"), 0);
	assert_int_equal(symlink("/dev/sdz", in(place, place->ours, ".osd-3.new")), 0);
	assert_int_equal(hc_file_link(path, "/dev/sdc"), 0);
	assert_int_equal(readlink(path, target, sizeof(target) - 1), strlen("/dev/sdc"));
	assert_string_equal(target, "/dev/sdc");
	assert_int_equal(entries(place, place->ours), 1);
	assert_int_equal(mkdir(in(place, place->ours, "full"), 0700), 0);
	assert_int_equal(hc_file_link(in(place, place->ours, "full"), "/dev/sdc"), -EISDIR);
	assert_int_equal(entries(place, place->ours), 2);
}

static void a_tree_is_cleared_and_its_links_are_not_followed(void **state)
{
	const struct place *place = *state;
	const char *tree = in(place, place->theirs, "ceph-0");

	assert_int_equal(hc_file_write(in(place, tree, "store.db/deep/1.sst"), 0600, "x", 1), 0);
	assert_int_equal(symlink(place->victim, in(place, tree, "store.db/away")), 0);
	assert_int_equal(symlink("nowhere", in(place, tree, "dangling")), 0);
	assert_int_equal(hc_file_clear(tree), 0);
	assert_int_equal(hc_file_clear(tree), 0);
	assert_int_equal(hc_file_clear(in(place, tree, "no/such")), 0);
	assert_int_equal(entries(place, place->theirs), 0);
	assert_int_equal(symlink(place->victim, tree), 0);
	assert_int_equal(hc_file_clear(tree), 0); /* the link alone */
	assert_int_equal(entries(place, place->theirs), 0);
	assert_int_equal(entries(place, place->victim), 1);
}

static void a_bottomless_tree_is_an_error(void **state)
{
	const struct place *place = *state;
	char *tree = in(place, place->theirs, "0");

	for (int i = 0; i < 100; i++) {
		assert_int_equal(mkdir(tree, 0700), 0);
		tree = in(place, tree, "0");
	}
	assert_int_equal(hc_file_clear(in(place, place->theirs, "0")), -ENAMETOOLONG);
}

/* 77: this may not mount. */
static int clear_with_a_mount_in_it(const struct place *place, const char *tree)
{
	const char *mount_point = in(place, tree, "mounted");

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", mount_point, "tmpfs", 0, NULL))
		return 77;
	if (hc_file_write(in(place, mount_point, "kept"), 0600, "x", 1) ||
	    hc_file_clear(tree) != -EBUSY)
		return 1;
	return access(in(place, mount_point, "kept"), F_OK) ? 2 : 0;
}

static void a_tree_ends_where_another_file_system_begins(void **state)
{
	const struct place *place = *state;
	const char *tree = in(place, place->theirs, "ceph-0");
	int status;

	assert_int_equal(mkdir(tree, 0755), 0);
	assert_int_equal(mkdir(in(place, tree, "mounted"), 0755), 0);
	if (fork() == 0)
		_exit(clear_with_a_mount_in_it(place, tree));
	wait(&status);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
	assert_int_equal(hc_file_clear(tree), 0);
}

/* As if somebody watched for the moment in which it was seen that "d" is a directory. */
static const char *swap_directory, *swap_link;

int unlinkat(int directory, const char *name, int flags)
{
	int r = (int)syscall(SYS_unlinkat, directory, name, flags);

	if (r && errno == EISDIR && swap_link && !strcmp(name, "d")) {
		assert_int_equal(renameat2(AT_FDCWD, swap_directory, AT_FDCWD, swap_link,
					   RENAME_EXCHANGE),
				 0);
		swap_link = NULL;
		errno = EISDIR;
	}
	return r;
}

static void a_directory_that_is_swapped_for_a_link_is_not_followed(void **state)
{
	const struct place *place = *state;
	const char *tree = in(place, place->theirs, "tree");
	const char *link = in(place, place->theirs, "link");

	assert_int_equal(mkdir(tree, 0755), 0);
	swap_directory = in(place, tree, "d");
	assert_int_equal(mkdir(swap_directory, 0755), 0);
	assert_int_equal(symlink(place->victim, link), 0);
	swap_link = link;
	assert_int_equal(hc_file_clear(tree), -ENOTDIR);
	assert_null(swap_link); /* so it was swapped */
	assert_int_equal(access(in(place, place->victim, "shadow"), F_OK), 0);
	assert_int_equal(hc_file_clear(tree), 0); /* the link alone */
	assert_int_equal(access(in(place, place->victim, "shadow"), F_OK), 0);
}

static void the_state_directory_is_the_environments_or_the_usual(void **state)
{
	(void)state;
	assert_int_equal(unsetenv("HCSTATE_STATE"), 0);
	assert_string_equal(hc_state_directory(), "/var/lib/hcstate");
	assert_int_equal(setenv("HCSTATE_STATE", "/tmp/s", 1), 0);
	assert_string_equal(hc_state_directory(), "/tmp/s");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_planted_directory_link_is_not_followed),
		TEST(nor_one_further_down_or_up),
		TEST(a_link_in_a_directory_of_ours_alone_is_followed),
		TEST(links_in_a_circle_and_long_ones_end),
		TEST(what_is_no_directory_is_told),
		TEST(a_given_file_has_its_mode_and_owner_when_it_is_there),
		TEST(links_in_the_place_of_a_given_file_are_replaced),
		TEST(a_given_directory_has_its_mode_and_owner),
		TEST(a_link_takes_the_place_of_the_old_one),
		TEST(a_tree_is_cleared_and_its_links_are_not_followed),
		TEST(a_bottomless_tree_is_an_error),
		TEST(a_tree_ends_where_another_file_system_begins),
		TEST(a_directory_that_is_swapped_for_a_link_is_not_followed),
		cmocka_unit_test(the_state_directory_is_the_environments_or_the_usual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
