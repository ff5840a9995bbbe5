/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values that hcstate makes by itself: a row each, and one for every CephKey that names a
 * sealed value. What such a value looks like is its form.
 */

#include "secrets.h"

#include <sodium.h>
#include <string.h>
#include <time.h>

#include <hcstate/ceph_cluster.h>
#include <hcstate/ceph_pool.h>
#include <hcstate/cluster.h>
#include <hcstate/secret.h>
#include <hcstate/vm.h>
#include <reconciler/cephx.h>

#include "pki.h"

enum {
	AUTHKEY_SIZE = 256, /* as corosync-keygen */
	/* The bounds are corosync.conf(5)'s for keys. */
	AUTHKEY_MIN = 128,
	AUTHKEY_MAX = 4096,
};

static void make_authkey(uint8_t *data)
{
	randombytes_buf(data, AUTHKEY_SIZE);
}

static const char *check_authkey(struct hc_arena *arena, const uint8_t *data, size_t size)
{
	(void)data; /* any bytes will do */
	if (size >= AUTHKEY_MIN && size <= AUTHKEY_MAX)
		return NULL;
	return hc_printf(arena, "has to be of %d to %d bytes, not of %zu", AUTHKEY_MIN, AUTHKEY_MAX,
			 size);
}

static void make_cephx(uint8_t *data)
{
	hc_cephx_make(data, (uint64_t)time(NULL));
}

static const char *check_cephx(struct hc_arena *arena, const uint8_t *data, size_t size)
{
	(void)arena;
	return hc_cephx_check(data, size);
}

static const struct made_form authkey = {
	.size = AUTHKEY_SIZE,
	.make = make_authkey,
	.check = check_authkey,
};

static const struct made_form cephx = {
	.size = HC_CEPHX_SIZE,
	.make = make_cephx,
	.check = check_cephx,
	.holder = "Ceph",
};

static const char *check_certificate(struct hc_arena *arena, const uint8_t *data, size_t size)
{
	(void)arena;
	return pki_check_certificate(data, size);
}

static const char *check_key(struct hc_arena *arena, const uint8_t *data, size_t size)
{
	(void)arena;
	return pki_check_key(data, size);
}

/* What belongs together is made together, by certificates.c. */
static const struct made_form certificate = {.check = check_certificate};
static const struct made_form private_key = {.check = check_key};

static const struct made_value rows[] = {
	{.secret = "corosync", .key = "authkey", .form = &authkey},
	{.secret = HC_CEPH_SECRET, .key = HC_CEPH_MON_KEY, .form = &cephx, .ceph = true},
	{.secret = HC_CEPH_SECRET, .key = HC_CEPH_ADMIN_KEY, .form = &cephx, .ceph = true},
	{
		.secret = HC_LIBVIRT_SECRET,
		.key = HC_LIBVIRT_CA_CERT,
		.form = &certificate,
		.open = true,
	},
	{.secret = HC_LIBVIRT_SECRET, .key = HC_LIBVIRT_CA_KEY, .form = &private_key},
};

/* A node's certificate and its key. */
static void add_pair(struct secrets *s, const char *node)
{
	s->made.v[s->made.n++] = (struct made_value){
		.secret = HC_LIBVIRT_SECRET,
		.key = hc_printf(s->arena, "%s" HC_LIBVIRT_CERT, node),
		.form = &certificate,
		.open = true,
	};
	s->made.v[s->made.n++] = (struct made_value){
		.secret = HC_LIBVIRT_SECRET,
		.key = hc_printf(s->arena, "%s" HC_LIBVIRT_KEY, node),
		.form = &private_key,
	};
}

/* The CephKey's row; false: it does not name a value. */
static bool of_client(struct hc_arena *arena, const struct hc_resource *client,
		      struct made_value *value)
{
	const struct hc_ceph_key *spec = client->spec;
	const char *slash = spec->key ? strchr(spec->key, '/') : NULL;

	if (!slash)
		return false;
	*value = (struct made_value){
		.secret = hc_strndup(arena, spec->key, (size_t)(slash - spec->key)),
		.key = slash + 1,
		.form = &cephx,
		.needed = true,
	};
	return true;
}

void made_values_find(struct secrets *s)
{
	const struct hc_set *desired = &s->generation->desired;
	size_t nclient, ncluster, nnode;
	struct hc_resource *const *nodes = hc_of_type(desired, &hc_node, &nnode);
	struct hc_resource *const *clients = hc_of_type(desired, &hc_ceph_key, &nclient);
	struct made_values *made = &s->made;

	(void)hc_of_type(desired, &hc_ceph_cluster, &ncluster);
	made->v = hc_alloc(s->arena, (HC_COUNT(rows) + nclient + 2 * nnode) * sizeof(*made->v));
	for (size_t i = 0; i < HC_COUNT(rows); i++) {
		made->v[made->n] = rows[i];
		made->v[made->n++].needed = rows[i].form->make && (ncluster || !rows[i].ceph);
	}
	for (size_t i = 0; i < nnode; i++)
		add_pair(s, nodes[i]->name);
	for (size_t i = 0; i < nclient; i++)
		made->n += of_client(s->arena, clients[i], &made->v[made->n]);
}

const struct made_value *made_value(const struct secrets *s, const char *secret, const char *key)
{
	for (size_t i = 0; i < s->made.n; i++)
		if (!strcmp(s->made.v[i].secret, secret) && !strcmp(s->made.v[i].key, key))
			return &s->made.v[i];
	return NULL;
}
