/* SPDX-License-Identifier: Apache-2.0 */
/* ceph.conf, and the key rings. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sodium.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <hcstate/file.h>

#include "providers/ceph/conf.h"
#include "providers/ceph/keyring.h"

#define FSID "11111111-2222-3333-4444-555555555555"
#define KEY "AQDxyz0000000000000000000000000000000A=="

static const struct hc_address first = {.family = AF_INET, .prefix = 32, .bytes = {10, 0, 0, 1}};
static const struct hc_address second = {.family = AF_INET, .prefix = 32, .bytes = {10, 0, 0, 2}};
static const struct hc_address sixth = {.family = AF_INET6,
					.prefix = 128,
					.bytes = {0xfd, [15] = 1}};

static void it_says_where_the_monitors_are_and_no_more(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct want_mon mons[] = {{"pve1", first}, {"pve2", second}, {"pve3", {0}}};
	struct wants wants = {.fsid = FSID, .mons = mons, .nmon = 3};

	(void)state;
	assert_string_equal(
		conf_render(arena, &wants, "pve4"),
		"# Made by hcstate from the manifests; what is changed here is undone.\n"
		"[global]\n"
		"\tfsid = " FSID "\n"
		"\tmon_host = [v2:10.0.0.1:3300,v1:10.0.0.1:6789],"
		"[v2:10.0.0.2:3300,v1:10.0.0.2:6789]\n");
	arena = hc_arena_free(arena);
}

static void a_monitors_own_address_is_on_its_node(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct want_mon mons[] = {{"pve1", first}, {"pve2", second}};
	struct wants wants = {.fsid = FSID, .mons = mons, .nmon = 2};
	const char *text = conf_render(arena, &wants, "pve2");

	(void)state;
	assert_non_null(strstr(text, "\n[mon.pve2]\n\tpublic_addrv = "
				     "[v2:10.0.0.2:3300,v1:10.0.0.2:6789]\n"));
	assert_null(strstr(text, "[mon.pve1]"));
	arena = hc_arena_free(arena);
}

static void ipv6_is_said_to_be_the_family(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct want_mon mons[] = {{"pve1", sixth}};
	struct wants wants = {.fsid = FSID, .mons = mons, .nmon = 1};
	const char *text = conf_render(arena, &wants, "pve2");

	(void)state;
	assert_non_null(strstr(text, "[v2:[fd00::1]:3300,v1:[fd00::1]:6789]"));
	assert_non_null(strstr(text, "\tms_bind_ipv4 = false\n\tms_bind_ipv6 = true\n"));
	arena = hc_arena_free(arena);
}

static void without_an_fsid_there_is_none(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct wants wants = {0};

	(void)state;
	assert_null(conf_render(arena, &wants, "pve1"));
	arena = hc_arena_free(arena);
}

static void whose_it_is_can_be_read_from_any_writing_of_it(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct want_mon mons[] = {{"pve1", first}};
	struct wants wants = {.fsid = FSID, .mons = mons, .nmon = 1};

	(void)state;
	assert_string_equal(conf_fsid(arena, conf_render(arena, &wants, "pve1")), FSID);
	assert_string_equal(conf_fsid(arena, "[global]\nfsid=" FSID), FSID);
	assert_string_equal(conf_fsid(arena, "[global]\n  fsid = " FSID " ; ours\n"), FSID);
	assert_null(conf_fsid(arena, ""));
	assert_null(conf_fsid(arena, "# fsid = x\n[global]\nfsidx = y\nfsid"));
	arena = hc_arena_free(arena);
}

/* What is below /var/lib/ceph is ceph's: it may point to anything. */
static void root_follows_no_link_of_cephs(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	const char *text;

	(void)state;
	assert_int_equal(unsetenv("HCSTATE_STATE"), 0);
	text = conf_drop_in(arena);
	assert_null(strstr(text, "/var/lib/ceph"));
	assert_non_null(strstr(text, " --from=root ceph:ceph /var/lib/hcstate/osd-%i\n"));
	assert_string_equal(conf_disk(arena, "3"), "/var/lib/hcstate/osd-3");
	arena = hc_arena_free(arena);
}

static enum hc_keyring verdict(const char *path, const char *entity, const char *key, uid_t owner)
{
	const struct keyring want = {.entity = entity, .key = key, .size = strlen(key), .caps = ""};
	enum hc_keyring verdict;

	assert_int_equal(keyring_judge(path, &want, owner, &verdict), 0);
	return verdict;
}

static void put(const char *path, const char *text)
{
	assert_int_equal(hc_file_write(path, 0600, text, strlen(text)), 0);
}

struct place {
	char dir[64];
	char path[80];
};

static void make_place(struct place *place)
{
	(void)snprintf(place->dir, sizeof(place->dir), "/tmp/hcstate-keyring-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	(void)snprintf(place->path, sizeof(place->path), "%s/keyring", place->dir);
}

static void end_place(struct place *place)
{
	(void)unlink(place->path);
	assert_int_equal(rmdir(place->dir), 0);
}

static void a_key_ring_is_right_when_it_is_its_owners_alone(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_call call = {.arena = arena, .diags = {.arena = arena}};
	const struct keyring keys[] = {
		{"mon.", KEY, strlen(KEY), "\tcaps mon = \"allow *\"\n"},
		{"client.admin", "AQDother=", 9, ""},
	};
	struct place place = {0};

	(void)state;
	make_place(&place);
	assert_int_equal(verdict(place.path, "mon.", KEY, getuid()), HC_KEYRING_ABSENT);
	assert_int_equal(keyring_write(&call, place.path, keys, 2, getuid(), getgid()), 0);
	assert_int_equal(verdict(place.path, "mon.", KEY, getuid()), HC_KEYRING_RIGHT);
	assert_int_equal(verdict(place.path, "client.admin", "AQDother=", getuid()),
			 HC_KEYRING_RIGHT);
	assert_int_equal(verdict(place.path, "mon.", KEY, getuid() + 1), HC_KEYRING_READABLE);
	assert_int_equal(chmod(place.path, 0640), 0);
	assert_int_equal(verdict(place.path, "mon.", KEY, getuid()), HC_KEYRING_READABLE);
	end_place(&place);
	arena = hc_arena_free(arena);
}

static void another_key_another_section_or_a_part_is_wrong(void **state)
{
	struct place place = {0};

	(void)state;
	make_place(&place);
	put(place.path, "[mgr.pve1]\n\tkey = " KEY "\n");
	assert_int_equal(verdict(place.path, "mgr.pve1", KEY, getuid()), HC_KEYRING_RIGHT);
	assert_int_equal(verdict(place.path, "mgr.pve2", KEY, getuid()), HC_KEYRING_WRONG);
	assert_int_equal(verdict(place.path, "mgr.pve", KEY, getuid()), HC_KEYRING_WRONG);
	assert_int_equal(verdict(place.path, "mgr.pve1", "AQD", getuid()), HC_KEYRING_WRONG);
	put(place.path, "[mgr.pve2]\nkey = " KEY "\n[mgr.pve1]\nkey = AQDx\n");
	assert_int_equal(verdict(place.path, "mgr.pve1", KEY, getuid()), HC_KEYRING_WRONG);
	put(place.path, "  [mgr.pve1]  \r\n key=" KEY " \r\n");
	assert_int_equal(verdict(place.path, "mgr.pve1", KEY, getuid()), HC_KEYRING_RIGHT);
	put(place.path, "");
	assert_int_equal(verdict(place.path, "mgr.pve1", KEY, getuid()), HC_KEYRING_WRONG);
	end_place(&place);
}

static void what_is_no_key_is_not_written(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_call call = {.arena = arena, .diags = {.arena = arena}};
	const struct keyring lines = {"mon.", "AQD\n[x]", 7, ""}, empty = {"mon.", "", 0, ""};
	struct place place = {0};

	(void)state;
	make_place(&place);
	assert_int_equal(keyring_write(&call, place.path, &lines, 1, getuid(), getgid()), -EINVAL);
	assert_int_equal(keyring_write(&call, place.path, &empty, 1, getuid(), getgid()), -EINVAL);
	assert_null(strstr(call.diags.v[0].text, "AQD"));
	assert_int_equal(access(place.path, F_OK), -1);
	end_place(&place);
	arena = hc_arena_free(arena);
}

static void a_key_is_not_written_where_a_planted_link_points(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_call call = {.arena = arena, .diags = {.arena = arena}};
	const struct keyring key = {.entity = "mgr.pve1", .key = KEY, .size = 40, .caps = ""};
	struct place theirs = {0}, victim = {0};
	const char *link;

	(void)state;
	make_place(&theirs);
	make_place(&victim);
	link = hc_printf(arena, "%s/ceph-pve1", theirs.dir);
	assert_int_equal(chmod(theirs.dir, 0777), 0); /* as one that is not ours */
	assert_int_equal(symlink(victim.dir, link), 0);
	assert_int_equal(keyring_write(&call, hc_printf(arena, "%s/keyring", link), &key, 1,
				       getuid(), getgid()),
			 -ELOOP);
	assert_non_null(strstr(call.diags.v[0].text, "not followed"));
	assert_int_equal(access(victim.path, F_OK), -1);
	assert_int_equal(unlink(link), 0);
	end_place(&theirs);
	end_place(&victim);
	arena = hc_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_where_the_monitors_are_and_no_more),
		cmocka_unit_test(a_monitors_own_address_is_on_its_node),
		cmocka_unit_test(ipv6_is_said_to_be_the_family),
		cmocka_unit_test(without_an_fsid_there_is_none),
		cmocka_unit_test(whose_it_is_can_be_read_from_any_writing_of_it),
		cmocka_unit_test(root_follows_no_link_of_cephs),
		cmocka_unit_test(a_key_ring_is_right_when_it_is_its_owners_alone),
		cmocka_unit_test(another_key_another_section_or_a_part_is_wrong),
		cmocka_unit_test(what_is_no_key_is_not_written),
		cmocka_unit_test(a_key_is_not_written_where_a_planted_link_points),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
