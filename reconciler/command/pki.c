/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X.509 by GnuTLS, as libvirt and QEMU read it with the same library. Keys are of the curve P-256:
 * made in no time, and known to every release that can do TLS 1.3.
 *
 * Certificates run for twenty years: nothing renews them by itself, and one that ran out in the
 * night would keep every VM where it is. Who has to be shut out earlier is by a new authority
 * (hcstate secrets rotate libvirt). They begin a day ago, for nodes whose clocks lag.
 */

#include "pki.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <reconciler/key.h>

enum {
	SERIAL_SIZE = 16,
	NAME_MAX_SIZE = 64, /* of a common name, X.520 */
	DAY = 24 * 60 * 60,
};

#define LIFETIME ((time_t)20 * 365 * DAY)

static void crt_free(gnutls_x509_crt_t *crt)
{
	if (*crt)
		gnutls_x509_crt_deinit(*crt);
}

static void key_free(gnutls_x509_privkey_t *key)
{
	if (*key)
		gnutls_x509_privkey_deinit(*key);
}

/* What is in there may be a key. */
static void datum_free(gnutls_datum_t *datum)
{
	if (datum->data)
		gnutls_memset(datum->data, 0, datum->size);
	gnutls_free(datum->data);
}

void pki_pair_clear(struct pki_pair *pair)
{
	hc_guarded_free(pair->certificate);
	hc_guarded_free(pair->key);
	*pair = (struct pki_pair){0};
}

static uint8_t *guard(const gnutls_datum_t *datum, size_t *size)
{
	uint8_t *data = hc_guarded_alloc(datum->size);

	assert(datum->data);
	memcpy(data, datum->data, datum->size);
	*size = datum->size;
	return data;
}

static int export(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, struct pki_pair *pair)
{
	_cleanup_(datum_free) gnutls_datum_t certificate = {0};
	_cleanup_(datum_free) gnutls_datum_t private = {0};
	int r = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &certificate);

	if (!r)
		r = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
						      GNUTLS_PKCS_PLAIN, &private);
	if (r < 0)
		return r;
	pair->certificate = guard(&certificate, &pair->certificate_size);
	pair->key = guard(&private, &pair->key_size);
	return 0;
}

static int new_key(gnutls_x509_privkey_t *key)
{
	int r = gnutls_x509_privkey_init(key);

	return r < 0 ? r
		     : gnutls_x509_privkey_generate(*key, GNUTLS_PK_EC,
						    GNUTLS_CURVE_TO_BITS(
							    GNUTLS_ECC_CURVE_SECP256R1),
						    0);
}

static int set_serial(gnutls_x509_crt_t crt)
{
	uint8_t serial[SERIAL_SIZE];
	int r = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive, and of this very length */
	return r < 0 ? r : gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
}

static int set_name(gnutls_x509_crt_t crt, const char *name)
{
	return gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
					     (unsigned)strnlen(name, NAME_MAX_SIZE));
}

/* What all certificates have: a number, a time, a key and whose it is. */
static int begin(gnutls_x509_crt_t *crt, gnutls_x509_privkey_t key, const char *name)
{
	uint8_t id[64];
	size_t size = sizeof(id);
	time_t now = time(NULL);
	int r = gnutls_x509_crt_init(crt);

	if (!r)
		r = gnutls_x509_crt_set_version(*crt, 3);
	if (!r)
		r = set_serial(*crt);
	if (!r)
		r = gnutls_x509_crt_set_activation_time(*crt, now - DAY);
	if (!r)
		r = gnutls_x509_crt_set_expiration_time(*crt, now + LIFETIME);
	if (!r)
		r = set_name(*crt, name);
	if (!r)
		r = gnutls_x509_crt_set_key(*crt, key);
	if (!r)
		r = gnutls_x509_crt_get_key_id(*crt, GNUTLS_KEYID_USE_SHA1, id, &size);
	return r < 0 ? r : gnutls_x509_crt_set_subject_key_id(*crt, id, size);
}

static int said(int r, const char **why)
{
	*why = gnutls_strerror(r);
	return -EIO;
}

static int make_authority(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
	int r = gnutls_x509_crt_set_basic_constraints(crt, 1, 0); /* it certifies no authority */

	if (!r)
		r = gnutls_x509_crt_set_key_usage(crt,
						  GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
	return r < 0 ? r : gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
}

int pki_authority(const char *cluster, struct pki_pair *authority, const char **why)
{
	_cleanup_(crt_free) gnutls_x509_crt_t crt = NULL;
	_cleanup_(key_free) gnutls_x509_privkey_t key = NULL;
	char name[NAME_MAX_SIZE + 1];
	int r = new_key(&key);

	(void)snprintf(name, sizeof(name), "hcstate %s", cluster); /* cut, it is for people only */
	if (!r)
		r = begin(&crt, key, name);
	if (!r)
		r = make_authority(crt, key);
	if (!r)
		r = export(crt, key, authority);
	return r < 0 ? said(r, why) : 0;
}

static int add_address(gnutls_x509_crt_t crt, const char *address)
{
	uint8_t bytes[16];
	unsigned size = inet_pton(AF_INET, address, bytes) == 1    ? 4
			: inet_pton(AF_INET6, address, bytes) == 1 ? 16
								   : 0;

	if (!size)
		return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, address,
							    (unsigned)strlen(address),
							    GNUTLS_FSAN_APPEND);
	return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, bytes, size,
						    GNUTLS_FSAN_APPEND);
}

static int add_names(gnutls_x509_crt_t crt, const char *node, const struct hc_strings *addresses)
{
	int r = add_address(crt, node);

	for (size_t i = 0; !r && i < addresses->n; i++)
		r = add_address(crt, addresses->v[i]);
	return r;
}

/* libvirt 9 asks for key encipherment whatever the key is, and refuses a certificate without it. */
static int add_uses(gnutls_x509_crt_t crt)
{
	int r = gnutls_x509_crt_set_basic_constraints(crt, 0, -1);

	if (!r)
		r = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE |
							       GNUTLS_KEY_KEY_ENCIPHERMENT);
	if (!r)
		r = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
	return r < 0 ? r : gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_CLIENT, 0);
}

static int sign(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer, gnutls_x509_privkey_t issuer_key)
{
	uint8_t id[64];
	size_t size = sizeof(id);
	int r = gnutls_x509_crt_get_subject_key_id(issuer, id, &size, NULL);

	/* an authority of the operator's own may be without */
	if (!r)
		r = gnutls_x509_crt_set_authority_key_id(crt, id, size);
	if (r < 0 && r != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return r;
	return gnutls_x509_crt_sign2(crt, issuer, issuer_key, GNUTLS_DIG_SHA256, 0);
}

static int read_certificate(const uint8_t *data, size_t size, gnutls_x509_crt_t *crt)
{
	/* a datum's bytes cannot be const */
	uint8_t *copy = hc_guarded_alloc(size);
	gnutls_datum_t datum = {.data = copy, .size = (unsigned)size};
	int r = gnutls_x509_crt_init(crt);

	memcpy(copy, data, size);
	if (!r)
		r = gnutls_x509_crt_import(*crt, &datum, GNUTLS_X509_FMT_PEM);
	hc_guarded_free(copy);
	return r;
}

static int read_key(const uint8_t *data, size_t size, gnutls_x509_privkey_t *key)
{
	uint8_t *copy = hc_guarded_alloc(size);
	gnutls_datum_t datum = {.data = copy, .size = (unsigned)size};
	int r = gnutls_x509_privkey_init(key);

	memcpy(copy, data, size);
	if (!r)
		r = gnutls_x509_privkey_import2(*key, &datum, GNUTLS_X509_FMT_PEM, NULL,
						GNUTLS_PKCS_PLAIN);
	hc_guarded_free(copy);
	return r;
}

/* Whether the certificate is of that key. */
static bool belong(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
	uint8_t a[64], b[64];
	size_t an = sizeof(a), bn = sizeof(b);

	return !gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, a, &an) &&
	       !gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, b, &bn) && an == bn &&
	       !memcmp(a, b, an);
}

static int read_authority(const struct pki_pair *authority, gnutls_x509_crt_t *crt,
			  gnutls_x509_privkey_t *key, const char **why)
{
	int r = read_certificate(authority->certificate, authority->certificate_size, crt);

	if (!r)
		r = read_key(authority->key, authority->key_size, key);
	if (r < 0) {
		*why = gnutls_strerror(r);
		return -EBADMSG;
	}
	if (gnutls_x509_crt_get_ca_status(*crt, NULL) > 0 && belong(*crt, *key))
		return 0;
	*why = "its certificate is no authority's, or is not of that key";
	return -EBADMSG;
}

int pki_node(const struct pki_pair *authority, const char *node, const struct hc_strings *addresses,
	     struct pki_pair *pair, const char **why)
{
	_cleanup_(crt_free) gnutls_x509_crt_t issuer = NULL;
	_cleanup_(crt_free) gnutls_x509_crt_t crt = NULL;
	_cleanup_(key_free) gnutls_x509_privkey_t issuer_key = NULL;
	_cleanup_(key_free) gnutls_x509_privkey_t key = NULL;
	int r = read_authority(authority, &issuer, &issuer_key, why);

	if (r)
		return r;
	r = new_key(&key);
	if (!r)
		r = begin(&crt, key, node);
	if (!r)
		r = add_names(crt, node, addresses);
	if (!r)
		r = add_uses(crt);
	if (!r)
		r = sign(crt, issuer, issuer_key);
	if (!r)
		r = export(crt, key, pair);
	return r < 0 ? said(r, why) : 0;
}

const char *pki_check_certificate(const uint8_t *data, size_t size)
{
	_cleanup_(crt_free) gnutls_x509_crt_t crt = NULL;

	return read_certificate(data, size, &crt) ? "is no certificate in PEM" : NULL;
}

const char *pki_check_key(const uint8_t *data, size_t size)
{
	_cleanup_(key_free) gnutls_x509_privkey_t key = NULL;

	return read_key(data, size, &key) ? "is no private key in PEM, without a password" : NULL;
}
