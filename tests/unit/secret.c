/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets of a manifest set: who can open them, what a set is told, how documents are written. */

#include <reconciler/secret.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include <hcstate/ceph_cluster.h>
#include <hcstate/cluster.h>
#include <hcstate/file.h>
#include <hcstate/secret.h>
#include <reconciler/recipient.h>
#include <reconciler/secret_text.h>

#define VALUE "the value"

/* Two nodes and a recovery key, and Secret corosync with authkey sealed to all three. */
struct world {
	struct hc_arena *arena;
	struct hc_set set;
	struct hc_diags diags;
	struct hc_key *pve1, *pve2, *recovery;
	struct hc_resource *secret, *authkey;
	char *directory;
	const char *key_file;
	struct hc_secrets *secrets; /* of pve1 */
};

static struct hc_resource *add_node_key(struct world *w, const char *name, const struct hc_key *key)
{
	struct hc_resource *r = hc_resource_new(&w->set, &hc_node_key, NULL, name);

	((struct hc_node_key *)r->spec)->public_key = hc_public_key_text(w->arena, key->public_key);
	hc_set_field(r, struct hc_node_key, public_key);
	return r;
}

static struct hc_resource *add_value(struct world *w, const char *key)
{
	const char *name = hc_printf(w->arena, "%s/%s", w->secret->name, key);
	struct hc_resource *value = hc_resource_new(&w->set, &hc_secret_value, NULL, name);

	value->parent = w->secret;
	hc_set_field(value, struct hc_secret_value, sealed);
	return value;
}

static struct hc_map *boxes(const struct hc_resource *value)
{
	return &((struct hc_secret_value *)value->spec)->sealed;
}

static void seal_to(struct world *w, struct hc_resource *value, const char *name,
		    const struct hc_key *key)
{
	const struct hc_label label = hc_secret_label(value);
	const char *box;

	assert_int_equal(hc_seal(w->arena, &label, (const uint8_t *)VALUE, strlen(VALUE),
				 key->public_key, &box),
			 0);
	hc_map_put(w->arena, boxes(value), name, box);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char path[] = "/tmp/hcstate-secret-XXXXXX";

	w->arena = w->set.arena = w->diags.arena = hc_arena_new();
	w->pve1 = hc_key_new();
	w->pve2 = hc_key_new();
	w->recovery = hc_key_new();
	hc_resource_new(&w->set, &hc_node, NULL, "pve1");
	hc_resource_new(&w->set, &hc_node, NULL, "pve2");
	add_node_key(w, "pve1", w->pve1);
	add_node_key(w, "pve2", w->pve2);
	w->secret = hc_resource_new(&w->set, &hc_secret, NULL, "corosync");
	((struct hc_secret *)w->secret->spec)->cluster = "cluster-labo";
	w->authkey = add_value(w, "authkey");
	seal_to(w, w->authkey, "pve1", w->pve1);
	seal_to(w, w->authkey, "pve2", w->pve2);
	seal_to(w, w->authkey, HC_RECOVERY, w->recovery);
	hc_set_sort(&w->set);
	w->directory = hc_strdup(w->arena, mkdtemp(path));
	w->key_file = hc_printf(w->arena, "%s/node.key", w->directory);
	w->secrets = hc_secrets_new(&w->set, w->key_file, "pve1");
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	(void)hc_secrets_free(w->secrets);
	(void)remove(w->key_file);
	(void)remove(w->directory);
	(void)hc_key_free(w->pve1);
	(void)hc_key_free(w->pve2);
	(void)hc_key_free(w->recovery);
	(void)hc_arena_free(w->arena);
	free(w);
	return 0;
}

/* Opens as a provider does; *said is the first thing said, or "". */
static int try_open(struct world *w, const char *key, const char **said)
{
	struct hc_call call = {.arena = hc_arena_new(), .node = "pve1", .secrets = w->secrets};
	uint8_t *data = NULL;
	size_t size;
	int r;

	call.diags.arena = call.arena;
	r = hc_secret_open(&call, "corosync", key, &data, &size);
	if (!r) {
		assert_int_equal(size, strlen(VALUE));
		assert_memory_equal(data, VALUE, size);
	} else {
		assert_null(data);
		assert_int_equal(call.diags.n, 1);
	}
	*said = call.diags.n ? hc_strdup(w->arena, call.diags.v[0].text) : "";
	hc_secret_close(&data);
	assert_null(data);
	(void)hc_arena_free(call.arena);
	return r;
}

static void assert_fails(struct world *w, const char *key, int error, const char *reason)
{
	const char *said;

	assert_int_equal(try_open(w, key, &said), error);
	assert_non_null(strstr(said, reason));
}

static void a_node_opens_what_is_sealed_to_it(void **state)
{
	struct world *w = *state;
	const char *said;

	assert_int_equal(hc_key_create(w->key_file, w->pve1), 0);
	assert_int_equal(try_open(w, "authkey", &said), 0);
}

static void the_key_is_read_when_it_is_needed_and_not_before(void **state)
{
	struct world *w = *state;
	const char *said;

	assert_fails(w, "none", -ENOENT, "no secret corosync/none");
	assert_fails(w, "authkey", -ENOENT, "hcstate keygen");
	assert_int_equal(hc_key_create(w->key_file, w->pve1), 0);
	assert_int_equal(try_open(w, "authkey", &said), 0);
	assert_int_equal(remove(w->key_file), 0);
	assert_int_equal(try_open(w, "authkey", &said), 0);
}

static void a_key_that_is_not_this_nodes_is_named(void **state)
{
	struct world *w = *state;

	assert_int_equal(hc_key_create(w->key_file, w->pve2), 0);
	assert_fails(w, "authkey", -EKEYREJECTED, w->key_file);
}

static void a_value_that_is_not_sealed_to_this_node_says_rekey(void **state)
{
	struct world *w = *state;
	struct hc_resource *other = add_value(w, "other");

	seal_to(w, other, "pve2", w->pve2);
	hc_set_sort(&w->set);
	assert_int_equal(hc_key_create(w->key_file, w->pve1), 0);
	assert_fails(w, "other", -EACCES,
		     "corosync/other is not sealed to pve1: hcstate secrets rekey");
}

static void a_box_in_another_values_place_is_refused(void **state)
{
	struct world *w = *state;
	struct hc_resource *other = add_value(w, "other");

	hc_map_put(w->arena, boxes(other), "pve1", hc_map_get(boxes(w->authkey), "pve1"));
	hc_set_sort(&w->set);
	assert_int_equal(hc_key_create(w->key_file, w->pve1), 0);
	assert_fails(w, "other", -EBADMSG, "key is \"authkey\", not \"other\"");
}

static void a_box_of_another_cluster_is_refused(void **state)
{
	struct world *w = *state;

	((struct hc_secret *)w->secret->spec)->cluster = "other";
	assert_int_equal(hc_key_create(w->key_file, w->pve1), 0);
	assert_fails(w, "authkey", -EBADMSG, "cluster is \"cluster-labo\", not \"other\"");
}

static void *open_often(void *world)
{
	uintptr_t failed = 0;

	for (int i = 0; i < 20; i++) {
		_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
		struct world *w = world;
		struct hc_call call = {.arena = arena, .node = "pve1", .secrets = w->secrets};
		uint8_t *data = NULL;
		size_t size;

		call.diags.arena = arena;
		failed += hc_secret_open(&call, "corosync", "authkey", &data, &size) != 0;
		hc_secret_close(&data);
	}
	return (void *)failed; /* NOLINT(performance-no-int-to-ptr): a count, not an address */
}

static void several_workers_may_open_at_once(void **state)
{
	struct world *w = *state;
	pthread_t threads[4];

	assert_int_equal(hc_key_create(w->key_file, w->pve1), 0);
	for (size_t i = 0; i < HC_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, open_often, w), 0);
	for (size_t i = 0; i < HC_COUNT(threads); i++) {
		void *failed;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
}

static void a_hardened_process_leaves_no_core(void **state)
{
	int status;

	(void)state;
	if (fork() == 0) {
		struct rlimit core;

		hc_secrets_harden();
		getrlimit(RLIMIT_CORE, &core);
		_exit(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) || core.rlim_cur || core.rlim_max);
	}
	wait(&status);
	assert_int_equal(status, 0);
}

static void check(struct world *w)
{
	hc_set_sort(&w->set);
	hc_node_key.check(&w->set, &w->diags);
	hc_secret.check(&w->set, &w->diags);
	hc_secret_value.check(&w->set, &w->diags);
}

static void assert_said(const struct world *w, enum hc_severity severity, const char *part)
{
	for (size_t i = 0; i < w->diags.n; i++)
		if (w->diags.v[i].severity == severity && strstr(w->diags.v[i].text, part))
			return;
	fail_msg("nobody said \"%s\"", part);
}

static void a_whole_set_has_nothing_said_of_it(void **state)
{
	struct world *w = *state;

	add_node_key(w, HC_RECOVERY, w->recovery);
	check(w);
	assert_int_equal(w->diags.n, 0);
}

static void a_node_that_came_is_said_to_open_nothing(void **state)
{
	struct world *w = *state;

	hc_resource_new(&w->set, &hc_node, NULL, "pve3");
	check(w);
	assert_int_equal(w->diags.n, 1);
	assert_said(w, HC_WARNING, "pve3 cannot open corosync/authkey");
	assert_non_null(strstr(w->diags.v[0].hint, "hcstate secrets rekey"));
}

/* Not an error: hcstate secrets rekey has to load this set. */
static void a_node_that_left_is_said_to_open_it_still(void **state)
{
	struct world *w = *state;

	seal_to(w, w->authkey, "pve9", w->pve2);
	check(w);
	assert_int_equal(w->diags.n, 1);
	assert_said(w, HC_WARNING, "pve9 can open corosync/authkey");
}

static void a_key_without_its_node_is_doubtful(void **state)
{
	struct world *w = *state;

	add_node_key(w, "pve9", w->recovery);
	check(w);
	assert_int_equal(w->diags.errors, 0);
	assert_said(w, HC_WARNING, "no Node is called pve9");
}

static void two_nodes_cannot_share_a_key(void **state)
{
	struct world *w = *state;

	hc_resource_new(&w->set, &hc_node, NULL, "pve3");
	add_node_key(w, "pve3", w->pve1);
	check(w);
	assert_said(w, HC_ERROR, "pve3 has the same key as pve1");
}

static void a_set_is_checked_for_boxes_that_cannot_be(void **state)
{
	struct world *w = *state;

	hc_map_put(w->arena, boxes(w->authkey), "pve1", "AAAA");
	hc_map_put(w->arena, boxes(w->authkey), "pve2", "not base64");
	add_value(w, "empty");
	add_value(w, "bad name");
	check(w);
	assert_said(w, HC_ERROR, "the box of pve1: it is too short");
	assert_said(w, HC_ERROR, "the box of pve2: it is not base64");
	assert_said(w, HC_ERROR, "corosync/empty is sealed to nobody");
	assert_said(w, HC_ERROR, "letters, digits");
}

static void a_secret_of_another_cluster_is_an_error(void **state)
{
	struct world *w = *state;
	struct hc_resource *cluster = hc_resource_new(&w->set, &hc_cluster, NULL, "new");

	((struct hc_cluster *)cluster->spec)->cluster_name = "new";
	check(w);
	assert_said(w, HC_ERROR, "this secret is of cluster cluster-labo, but the Cluster is new");
}

static void everybody_with_a_key_is_a_recipient(void **state)
{
	struct world *w = *state;
	struct hc_recipients to;

	add_node_key(w, HC_RECOVERY, w->recovery);
	hc_set_sort(&w->set);
	assert_int_equal(hc_recipients_find(&w->set, NULL, &w->diags, &to), 0);
	assert_int_equal(to.n, 3);
	assert_string_equal(hc_recipient_of_key(&to, w->pve2->public_key)->name, "pve2");
	assert_memory_equal(hc_recipient_named(&to, HC_RECOVERY)->public_key,
			    w->recovery->public_key, HC_KEY_SIZE);
	assert_null(hc_recipient_named(&to, "pve3"));
}

static void a_recovery_key_that_is_given_comes_before_the_manifests(void **state)
{
	struct world *w = *state;
	struct hc_recipients to;

	add_node_key(w, HC_RECOVERY, w->recovery);
	hc_set_sort(&w->set);
	assert_int_equal(hc_recipients_find(&w->set, w->pve1->public_key, &w->diags, &to), 0);
	assert_int_equal(to.n, 3);
	assert_memory_equal(hc_recipient_named(&to, HC_RECOVERY)->public_key, w->pve1->public_key,
			    HC_KEY_SIZE);
}

static void a_node_without_a_key_is_an_error(void **state)
{
	struct world *w = *state;
	struct hc_recipients to;

	hc_resource_new(&w->set, &hc_node, NULL, "pve3");
	hc_set_sort(&w->set);
	assert_int_equal(hc_recipients_find(&w->set, NULL, &w->diags, &to), -EINVAL);
	assert_said(w, HC_ERROR, "Node pve3 has no NodeKey");
}

static void a_document_is_written_as_it_is_read(void **state)
{
	struct world *w = *state;
	_cleanup_(hc_freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct hc_ceph_fsid *fsid;

	*boxes(w->authkey) = (struct hc_map){0};
	hc_map_put(w->arena, boxes(w->authkey), "pve1", "AAAA");
	hc_map_put(w->arena, boxes(w->authkey), "1e3", "BBBB");
	hc_map_put(w->arena, boxes(w->authkey), "no", "CCCC");
	fsid = hc_resource_new(&w->set, &hc_ceph_fsid, NULL, "ceph")->spec;
	fsid->fsid = "0f0e0d0c-0b0a-4908-8706-050403020100";
	hc_set_sort(&w->set);
	hc_secrets_print(out, &w->set);
	hc_node_key_print(out, "a\"\n\\b", (const uint8_t[HC_KEY_SIZE]){0});
	fclose(out);
	assert_string_equal(text, "---\n"
				  "apiVersion: hcstate/v1\n"
				  "kind: CephFsid\n"
				  "metadata:\n"
				  "  name: ceph\n"
				  "spec:\n"
				  "  fsid: 0f0e0d0c-0b0a-4908-8706-050403020100\n"
				  "---\n"
				  "apiVersion: hcstate/v1\n"
				  "kind: Secret\n"
				  "metadata:\n"
				  "  name: corosync\n"
				  "spec:\n"
				  "  cluster: cluster-labo\n"
				  "  values:\n"
				  "    authkey:\n"
				  "      sealed:\n"
				  "        \"1e3\": BBBB\n"
				  "        \"no\": CCCC\n"
				  "        pve1: AAAA\n"
				  "---\n"
				  "apiVersion: hcstate/v1\n"
				  "kind: NodeKey\n"
				  "metadata:\n"
				  "  name: \"a\\\"\\x0a\\\\b\"\n"
				  "spec:\n"
				  "  public_key: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_node_opens_what_is_sealed_to_it),
		TEST(the_key_is_read_when_it_is_needed_and_not_before),
		TEST(a_key_that_is_not_this_nodes_is_named),
		TEST(a_value_that_is_not_sealed_to_this_node_says_rekey),
		TEST(a_box_in_another_values_place_is_refused),
		TEST(a_box_of_another_cluster_is_refused),
		TEST(several_workers_may_open_at_once),
		TEST(a_hardened_process_leaves_no_core),
		TEST(a_whole_set_has_nothing_said_of_it),
		TEST(a_node_that_came_is_said_to_open_nothing),
		TEST(a_node_that_left_is_said_to_open_it_still),
		TEST(a_key_without_its_node_is_doubtful),
		TEST(two_nodes_cannot_share_a_key),
		TEST(a_set_is_checked_for_boxes_that_cannot_be),
		TEST(a_secret_of_another_cluster_is_an_error),
		TEST(everybody_with_a_key_is_a_recipient),
		TEST(a_recovery_key_that_is_given_comes_before_the_manifests),
		TEST(a_node_without_a_key_is_an_error),
		TEST(a_document_is_written_as_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
