/* SPDX-License-Identifier: Apache-2.0 */
/* What cloud-init reads: the text, its quoting, and the medium it is on. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "providers/libvirt/seed.h"

#define UUID "7c5e1cf0-3b5a-8c6d-9e8f-0a1b2c3d4e5f"
#define SECTOR ((size_t)2048)

struct world {
	struct hc_arena *arena;
	struct hc_set set;
	struct hc_resource *vm, *seed, *nets[2];
};

static void add_net(struct world *w, size_t i, const char *name, uint8_t last)
{
	struct hc_vm_net *net;

	w->nets[i] = hc_resource_new(&w->set, &hc_vm_net, NULL, name);
	w->nets[i]->parent = w->vm;
	net = w->nets[i]->spec;
	net->mac = (struct hc_mac){{2, 0, 0, 0, 0, last}};
}

static int setup(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct world *w = hc_new(arena, struct world);

	w->arena = w->set.arena = arena;
	w->vm = hc_resource_new(&w->set, &hc_vm, NULL, "web");
	((struct hc_vm *)w->vm->spec)->uuid = UUID;
	w->seed = hc_resource_new(&w->set, &hc_vm_cloud_init, NULL, "web/cloud-init");
	w->seed->parent = w->vm;
	((struct hc_vm_cloud_init *)w->seed->spec)->hostname = "web";
	add_net(w, 0, "web/net0", 0x10);
	add_net(w, 1, "web/net1", 0x11);
	hc_set_sort(&w->set);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	hc_arena_free(w->arena);
	return 0;
}

static struct hc_vm_cloud_init *spec_of(struct world *w)
{
	return w->seed->spec;
}

static char *text_of(struct world *w)
{
	char *text = seed_text(w->arena, &w->set, w->seed, w->vm);

	assert_non_null(text);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("there is no\n%s\nin\n%s", part, text);
}

static void cards_without_an_address_ask_for_one(void **state)
{
	const char *text = text_of(*state);

	assert_has(text, "local-hostname: \"web\"\n");
	assert_has(text, "instance-id: \"" UUID "-");
	assert_has(text, "  net0:\n"
			 "    match:\n"
			 "      macaddress: \"02:00:00:00:00:10\"\n"
			 "    set-name: \"net0\"\n"
			 "    dhcp4: true\n"
			 "  net1:\n");
	assert_has(text, "=== user-data\n#cloud-config\n");
}

static void everything_is_said(void **state)
{
	struct world *w = *state;
	struct hc_vm_cloud_init *spec = spec_of(w);
	const char *text;

	spec->user = "admin";
	hc_strings_add(w->arena, &spec->ssh_keys, "ssh-ed25519 AAAA me@here");
	hc_map_put(w->arena, &spec->addresses, "net1", "10.0.0.50/24");
	spec->gateway = "10.0.0.1";
	hc_strings_add(w->arena, &spec->dns, "10.0.0.2");
	text = text_of(w);
	assert_has(text, "user: \"admin\"\n");
	assert_has(text, "ssh_authorized_keys:\n- \"ssh-ed25519 AAAA me@here\"\n");
	assert_has(text, "    nameservers:\n      addresses:\n      - \"10.0.0.2\"\n  net1:");
	assert_has(text, "    addresses:\n    - \"10.0.0.50/24\"\n"
			 "    routes:\n    - to: \"0.0.0.0/0\"\n      via: \"10.0.0.1\"\n");
}

static void assert_once(const char *text, const char *part)
{
	assert_has(text, part);
	assert_null(strstr(strstr(text, part) + 1, part));
}

static void what_is_for_all_cards_is_said_once(void **state)
{
	struct world *w = *state;
	struct hc_vm_cloud_init *spec = spec_of(w);
	const char *text;

	hc_map_put(w->arena, &spec->addresses, "net0", "10.0.0.49/24");
	hc_map_put(w->arena, &spec->addresses, "net1", "10.0.0.50/24");
	spec->gateway = "10.0.0.1";
	hc_strings_add(w->arena, &spec->dns, "10.0.0.2");
	text = text_of(w);
	assert_once(text, "nameservers:");
	assert_once(text, "via:");
}

static void cards_of_other_vms_are_not_in_it(void **state)
{
	struct world *w = *state;

	(void)hc_resource_new(&w->set, &hc_vm_net, NULL, "other/net7");
	hc_set_sort(&w->set);
	assert_null(strstr(text_of(w), "net7"));
}

/* A guest does it once for each instance. */
static void a_change_is_another_instance(void **state)
{
	struct world *w = *state;
	const char *before = text_of(w), *after;
	size_t line = strlen("=== meta-data\ninstance-id: \"" UUID "-") + 12;

	assert_string_equal(before, text_of(w));
	spec_of(w)->user = "other";
	after = text_of(w);
	assert_int_not_equal(strncmp(before, after, line), 0);
}

/* No text of the manifest gets out of its quotes, into another file or another key. */
static void texts_stay_texts(void **state)
{
	struct world *w = *state;
	struct hc_vm_cloud_init *spec = spec_of(w);
	const char *text;
	size_t size;

	hc_strings_add(w->arena, &spec->ssh_keys, "two\n=== user-data\nlines");
	hc_strings_add(w->arena, &spec->ssh_keys, "a\"\\: - # {x}: &y *z");
	hc_strings_add(w->arena, &spec->ssh_keys, "yes");
	hc_strings_add(w->arena, &spec->ssh_keys, "\xc3\xa9t\xc3\xa9");
	text = text_of(w);
	assert_has(text, "- \"a\\\"\\\\: - # {x}: &y *z\"\n");
	assert_has(text, "- \"yes\"\n");
	assert_has(text, "- \"two\\n=== user-data\\nlines\"\n");
	assert_has(text, "- \"\xc3\xa9t\xc3\xa9\"\n");
	assert_non_null(seed_image(w->arena, text, &size));
}

static uint32_t number(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

/* As a reader would: from the volume to the directory to the file. */
static char *file_in(struct hc_arena *arena, const uint8_t *image, const char *name)
{
	const uint8_t *directory = image + number(image + 16 * SECTOR + 156 + 2) * SECTOR;

	for (const uint8_t *r = directory; *r; r += *r)
		if (r[32] == strlen(name) && !memcmp(r + 33, name, r[32]))
			return hc_strndup(arena, (const char *)image + number(r + 2) * SECTOR,
					  number(r + 10));
	fail_msg("there is no %s", name);
	return NULL;
}

static void the_medium_holds_three_files(void **state)
{
	struct world *w = *state;
	char *text = text_of(w);
	size_t size;
	const uint8_t *image = seed_image(w->arena, text, &size);
	const uint8_t *volume = image + 16 * SECTOR;
	char *all;

	assert_non_null(image);
	assert_int_equal(size % 65536, 0);
	assert_memory_equal(volume, "\001CD001\001", 7);
	assert_memory_equal(volume + 40, "cidata    ", 10);
	assert_int_equal(number(volume + 80), size / SECTOR);
	all = hc_printf(w->arena, "=== meta-data\n%s=== network-config\n%s=== user-data\n%s",
			file_in(w->arena, image, "META-DATA.;1"),
			file_in(w->arena, image, "NETWORK-CONFIG.;1"),
			file_in(w->arena, image, "USER-DATA.;1"));
	assert_string_equal(all, text);
}

static void what_is_no_seed_has_no_medium(void **state)
{
	static const char *const texts[] = {
		"",
		"=== meta-data\n",
		"=== user-data\na\n=== network-config\nb\n=== meta-data\nc\n",
		"=== meta-data\na\n=== network-config\nb\n=== user-data\nc\n=== more\nd\n",
	};
	struct world *w = *state;
	size_t size;

	for (size_t i = 0; i < HC_COUNT(texts); i++)
		assert_null(seed_image(w->arena, texts[i], &size));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cards_without_an_address_ask_for_one), TEST(everything_is_said),
		TEST(what_is_for_all_cards_is_said_once),   TEST(cards_of_other_vms_are_not_in_it),
		TEST(a_change_is_another_instance),         TEST(texts_stay_texts),
		TEST(the_medium_holds_three_files),         TEST(what_is_no_seed_has_no_medium),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
