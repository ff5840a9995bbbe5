/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates: what is made is what TLS asks for, and for whom it is sealed. */

#include "../../reconciler/command/pki.h"

#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#include <hcstate/vm.h>
#include <reconciler/recipient.h>

#include "toy.h"

struct scene {
	struct hc_arena *arena;
	struct pki_pair authority, node;
	gnutls_x509_crt_t issuer, crt;
	gnutls_x509_privkey_t key;
};

static gnutls_datum_t datum(uint8_t *data, size_t size)
{
	return (gnutls_datum_t){.data = data, .size = (unsigned)size};
}

static void import(gnutls_x509_crt_t *crt, struct pki_pair *pair)
{
	gnutls_datum_t text = datum(pair->certificate, pair->certificate_size);

	assert_int_equal(gnutls_x509_crt_init(crt), 0);
	assert_int_equal(gnutls_x509_crt_import(*crt, &text, GNUTLS_X509_FMT_PEM), 0);
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct hc_strings addresses = {0};
	gnutls_datum_t text;
	const char *why = "";

	scene->arena = hc_arena_new();
	hc_strings_add(scene->arena, &addresses, "192.168.4.201");
	hc_strings_add(scene->arena, &addresses, "fd00::1");
	hc_strings_add(scene->arena, &addresses, "pve1.storage.example");
	assert_int_equal(pki_authority("cluster-labo", &scene->authority, &why), 0);
	assert_int_equal(pki_node(&scene->authority, "pve1", &addresses, &scene->node, &why), 0);
	import(&scene->issuer, &scene->authority);
	import(&scene->crt, &scene->node);
	text = datum(scene->node.key, scene->node.key_size);
	assert_int_equal(gnutls_x509_privkey_init(&scene->key), 0);
	assert_int_equal(gnutls_x509_privkey_import(scene->key, &text, GNUTLS_X509_FMT_PEM), 0);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	gnutls_x509_crt_deinit(scene->issuer);
	gnutls_x509_crt_deinit(scene->crt);
	gnutls_x509_privkey_deinit(scene->key);
	pki_pair_clear(&scene->authority);
	pki_pair_clear(&scene->node);
	(void)hc_arena_free(scene->arena);
	free(scene);
	return 0;
}

static unsigned verdict(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer)
{
	unsigned flaws = ~0U;

	assert_int_equal(gnutls_x509_crt_verify(crt, &issuer, 1, 0, &flaws), 0);
	return flaws;
}

static void a_node_is_certified_by_the_authority(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(verdict(scene->crt, scene->issuer), 0);
}

static void not_by_another_authority_of_that_name(void **state)
{
	struct scene *scene = *state;
	struct pki_pair other = {0};
	gnutls_x509_crt_t crt;
	const char *why;

	assert_int_equal(pki_authority("cluster-labo", &other, &why), 0);
	import(&crt, &other);
	assert_int_not_equal(verdict(scene->crt, crt), 0);
	gnutls_x509_crt_deinit(crt);
	pki_pair_clear(&other);
}

static void the_certificate_is_of_the_key(void **state)
{
	struct scene *scene = *state;
	uint8_t a[64], b[64];
	size_t an = sizeof(a), bn = sizeof(b);

	assert_int_equal(gnutls_x509_crt_get_key_id(scene->crt, 0, a, &an), 0);
	assert_int_equal(gnutls_x509_privkey_get_key_id(scene->key, 0, b, &bn), 0);
	assert_int_equal(an, bn);
	assert_memory_equal(a, b, an);
}

static void it_names_the_node_and_its_addresses_alone(void **state)
{
	struct scene *scene = *state;

	assert_true(gnutls_x509_crt_check_hostname(scene->crt, "pve1"));
	assert_true(gnutls_x509_crt_check_hostname(scene->crt, "192.168.4.201"));
	assert_true(gnutls_x509_crt_check_hostname(scene->crt, "fd00::1"));
	assert_true(gnutls_x509_crt_check_hostname(scene->crt, "pve1.storage.example"));
	assert_false(gnutls_x509_crt_check_hostname(scene->crt, "pve2"));
	assert_false(gnutls_x509_crt_check_hostname(scene->crt, "192.168.4.202"));
}

static bool is_for(gnutls_x509_crt_t crt, const char *purpose)
{
	return gnutls_x509_crt_check_key_purpose(crt, purpose, 0);
}

static void it_is_for_a_server_and_a_client(void **state)
{
	struct scene *scene = *state;
	unsigned usage = 0, critical;

	assert_true(is_for(scene->crt, GNUTLS_KP_TLS_WWW_SERVER));
	assert_true(is_for(scene->crt, GNUTLS_KP_TLS_WWW_CLIENT));
	assert_false(is_for(scene->crt, GNUTLS_KP_CODE_SIGNING));
	assert_int_equal(gnutls_x509_crt_get_key_usage(scene->crt, &usage, &critical), 0);
	assert_int_equal(usage, GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT);
}

static void a_node_certifies_nobody(void **state)
{
	struct scene *scene = *state;
	struct pki_pair more = {0};
	const struct hc_strings none = {0};
	unsigned critical, is_authority;
	const char *why = NULL;
	int path;

	assert_int_equal(gnutls_x509_crt_get_ca_status(scene->crt, &critical), 0);
	assert_int_equal(pki_node(&scene->node, "pve2", &none, &more, &why), -EBADMSG);
	assert_non_null(why);
	assert_true(gnutls_x509_crt_get_basic_constraints(scene->issuer, &critical, &is_authority,
							  &path) >= 0);
	assert_int_equal(is_authority, 1);
	assert_int_equal(path, 0);
}

static void an_authority_with_another_key_is_none(void **state)
{
	struct scene *scene = *state;
	struct pki_pair mixed = scene->authority, more = {0};
	const struct hc_strings none = {0};
	const char *why = NULL;

	mixed.key = scene->node.key;
	mixed.key_size = scene->node.key_size;
	assert_int_equal(pki_node(&mixed, "pve2", &none, &more, &why), -EBADMSG);
	assert_null(more.key);
}

static void it_is_good_for_twenty_years_from_now(void **state)
{
	struct scene *scene = *state;
	time_t now = time(NULL), year = (time_t)365 * 24 * 60 * 60;

	assert_true(gnutls_x509_crt_get_activation_time(scene->crt) < now - 60);
	assert_true(gnutls_x509_crt_get_expiration_time(scene->crt) > now + 19 * year);
	assert_true(gnutls_x509_crt_get_expiration_time(scene->crt) < now + 21 * year);
	assert_true(gnutls_x509_crt_get_expiration_time(scene->issuer) > now + 19 * year);
}

static void serials_differ(void **state)
{
	struct scene *scene = *state;
	uint8_t a[64], b[64];
	size_t an = sizeof(a), bn = sizeof(b);

	assert_int_equal(gnutls_x509_crt_get_serial(scene->crt, a, &an), 0);
	assert_int_equal(gnutls_x509_crt_get_serial(scene->issuer, b, &bn), 0);
	assert_true(an >= 16);
	assert_true(an != bn || memcmp(a, b, an) != 0);
}

static void what_is_set_by_hand_is_checked(void **state)
{
	struct scene *scene = *state;
	const struct pki_pair *node = &scene->node;

	assert_null(pki_check_certificate(node->certificate, node->certificate_size));
	assert_null(pki_check_key(node->key, node->key_size));
	assert_non_null(pki_check_key(node->certificate, node->certificate_size));
	assert_non_null(pki_check_certificate(node->key, node->key_size));
	assert_non_null(pki_check_key((const uint8_t *)"x", 1));
}

static bool reads(const char *name, const char *secret, const char *key)
{
	const struct hc_label label = {.cluster = "c", .secret = secret, .key = key};

	return hc_recipient_reads(name, &label);
}

static void each_value_is_for_those_who_need_it(void **state)
{
	(void)state;
	assert_true(reads("pve1", HC_LIBVIRT_SECRET, "pve1.key"));
	assert_true(reads("pve1", HC_LIBVIRT_SECRET, "pve1.crt"));
	assert_false(reads("pve2", HC_LIBVIRT_SECRET, "pve1.key"));
	assert_false(reads("pve11", HC_LIBVIRT_SECRET, "pve1.key"));
	assert_false(reads("pve", HC_LIBVIRT_SECRET, "pve1.key"));
	assert_true(reads("pve1", HC_LIBVIRT_SECRET, HC_LIBVIRT_CA_CERT));
	assert_false(reads("pve1", HC_LIBVIRT_SECRET, HC_LIBVIRT_CA_KEY));
	assert_true(reads("recovery", HC_LIBVIRT_SECRET, HC_LIBVIRT_CA_KEY));
	assert_true(reads("recovery", HC_LIBVIRT_SECRET, "pve1.key"));
	assert_true(reads("pve2", "other", "pve1.key"));
	assert_true(reads("pve2", "other", HC_LIBVIRT_CA_KEY));
	assert_true(reads("pve2", HC_LIBVIRT_SECRET, "note"));
	/* a name with a dot is a node's too */
	assert_true(reads("pve1.lab", HC_LIBVIRT_SECRET, "pve1.lab.key"));
	assert_false(reads("pve1", HC_LIBVIRT_SECRET, "pve1.lab.key"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(a_node_is_certified_by_the_authority),
		T(not_by_another_authority_of_that_name),
		T(the_certificate_is_of_the_key),
		T(it_names_the_node_and_its_addresses_alone),
		T(it_is_for_a_server_and_a_client),
		T(a_node_certifies_nobody),
		T(an_authority_with_another_key_is_none),
		T(it_is_good_for_twenty_years_from_now),
		T(serials_differ),
		T(what_is_set_by_hand_is_checked),
#undef T
		cmocka_unit_test(each_value_is_for_those_who_need_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
