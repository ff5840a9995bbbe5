/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's secrets: the key of a client of Ceph, as libvirt keeps it for its pools and domains. It
 * comes sealed in the manifests, stands here in guarded memory while it is handed over, and what
 * becomes part of a resource is a verdict.
 */

#include "storage.h"

#include <libvirt/virterror.h>
#include <sodium.h>
#include <string.h>

#include <ceph-client/sealed_key.h>
#include <hcstate/ceph_cluster.h>
#include <hcstate/ceph_pool.h>

#include "hypervisor.h"
#include "pool_xml.h"

/* "ceph/client.libvirt", or NULL */
static const char *sealed_of(const struct hc_call *call, const char *user)
{
	const struct hc_resource *r = hc_find(call->desired, &hc_ceph_key, NULL, user);

	return r ? ((const struct hc_ceph_key *)r->spec)->key : NULL;
}

const char *secret_missing(struct hc_call *call, const char *user)
{
	if (!hc_find(call->desired, &hc_ceph_key, NULL, user))
		return hc_printf(call->arena, "there is no CephKey/%s for libvirt to ask with",
				 user);
	if (!sealed_of(call, user))
		return hc_printf(call->arena,
				 "CephKey/%s has no sealed key to give libvirt: key: ceph/%s", user,
				 user);
	return NULL;
}

/* The key's bytes, which its base64 stands for; for hc_secret_close(). libvirt keeps those. */
static int open_key(struct hc_call *call, const char *user, const struct hc_resource *about,
		    uint8_t **data, size_t *size)
{
	const char *name, *sealed = sealed_of(call, user), *secret;
	size_t length;
	int r;

	if (!sealed)
		return hc_fail(call, ENOENT, about, "%s", secret_missing(call, user));
	secret = sealed_key_secret(call->arena, sealed, &name);
	r = sealed_key_open(call, secret, name, about, data, &length);
	if (r)
		return r;
	/* what comes out is shorter than what goes in, so it may go to the same place */
	if (sodium_base642bin(*data, length, (const char *)*data, length, NULL, size, NULL,
			      sodium_base64_VARIANT_ORIGINAL) ||
	    !*size)
		return hc_fail(call, EINVAL, about, "what is sealed as %s/%s is no key of Ceph's",
			       secret, name);
	return 0;
}

/* NULL: libvirt has none. */
static virSecretPtr look_up(struct hc_call *call, virConnectPtr connect, const char *user)
{
	return virSecretLookupByUUIDString(connect, storage_secret_of(call, user));
}

static bool same(virSecretPtr secret, const uint8_t *key, size_t size)
{
	size_t has_size = 0;
	unsigned char *has = virSecretGetValue(secret, &has_size, 0);
	bool is = has && has_size == size && !sodium_memcmp(has, key, size);

	if (has)
		explicit_bzero(has, has_size);
	free(has);
	return is;
}

static bool has_value(virSecretPtr secret)
{
	size_t size = 0;
	unsigned char *value = virSecretGetValue(secret, &size, 0);

	if (!value)
		return false;
	explicit_bzero(value, size);
	free(value);
	return true;
}

unsigned secret_judge(struct hc_call *call, virConnectPtr connect, const char *user)
{
	_cleanup_(hc_secret_close) uint8_t *key = NULL;
	struct hc_call quiet = hc_quiet(call);
	virSecretPtr secret = look_up(call, connect, user);
	enum hc_keyring verdict = HC_KEYRING_RIGHT;
	size_t size = 0;

	if (!secret)
		return HC_KEYRING_ABSENT;
	if (!has_value(secret))
		verdict = HC_KEYRING_ABSENT;
	/* where nobody can tell, nothing is changed for that */
	else if (!open_key(&quiet, user, NULL, &key, &size) && !same(secret, key, size))
		verdict = HC_KEYRING_WRONG;
	(void)virSecretFree(secret);
	return verdict;
}

static virSecretPtr define(struct hc_call *call, virConnectPtr connect, const char *user)
{
	const char *xml = secret_write(call->arena, storage_secret_of(call, user),
				       hc_printf(call->arena, "hcstate %s", user),
				       hc_printf(call->arena, "the key of Ceph's %s", user));

	return virSecretDefineXML(connect, xml, 0);
}

int secret_give(struct hc_call *call, virConnectPtr connect, const struct hc_resource *storage,
		const char *user)
{
	_cleanup_(hc_secret_close) uint8_t *key = NULL;
	virSecretPtr secret;
	size_t size = 0;
	int r = open_key(call, user, storage, &key, &size);

	if (r)
		return r;
	secret = define(call, connect, user);
	if (!secret)
		return hypervisor_fail(call, storage, "libvirt takes no secret");
	if (virSecretSetValue(secret, key, size, 0) < 0)
		r = hypervisor_fail(call, storage, "libvirt does not take the key");
	(void)virSecretFree(secret);
	return r;
}

int secret_take_away(struct hc_call *call, virConnectPtr connect, const char *user)
{
	virSecretPtr secret = look_up(call, connect, user);
	int r = 0;

	if (!secret)
		return 0;
	if (virSecretUndefine(secret) < 0)
		r = hypervisor_fail(call, NULL, "libvirt does not give up the secret");
	(void)virSecretFree(secret);
	return r;
}
