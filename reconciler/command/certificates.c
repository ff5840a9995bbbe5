/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates by which nodes know each other when they move VMs: of an authority of the
 * cluster's own, whose key is sealed to the recovery key alone. So no node, and nobody who broke
 * into one, can make a certificate for another machine.
 *
 * The authority's key is in memory when it is made; all nodes that are there get their certificates
 * then. For a node that comes later the recovery key's private half has to open it.
 */

#include "secrets.h"

#include <string.h>

#include <hcstate/ceph_pool.h>
#include <hcstate/cluster.h>
#include <hcstate/secret.h>
#include <hcstate/storage.h>
#include <hcstate/vm.h>

#include "pki.h"

#define RECOVERY_NEEDED "the recovery key's private half (--key-file)"

static const struct hc_place nowhere;

static const char *certificate_of(struct secrets *s, const struct hc_resource *node)
{
	return hc_printf(s->arena, "%s" HC_LIBVIRT_CERT, node->name);
}

static const char *key_of(struct secrets *s, const struct hc_resource *node)
{
	return hc_printf(s->arena, "%s" HC_LIBVIRT_KEY, node->name);
}

static bool has_storage(const struct hc_set *desired)
{
	size_t npool, n;
	struct hc_resource *const *pools = hc_of_type(desired, &hc_ceph_pool, &npool);

	for (size_t i = 0; i < npool; i++)
		if (((const struct hc_ceph_pool *)pools[i]->spec)->storage)
			return true;
	(void)hc_of_type(desired, &hc_storage, &n);
	return n > 0;
}

/* Whether there are VMs to come, and another node to move them to. */
static bool wanted(const struct secrets *s)
{
	const struct hc_set *desired = &s->generation->desired;
	size_t nnode, nvm;

	(void)hc_of_type(desired, &hc_node, &nnode);
	(void)hc_of_type(desired, &hc_vm, &nvm);
	return nnode > 1 && (nvm || has_storage(desired));
}

static bool lacks(struct secrets *s, const struct hc_resource *node)
{
	return !secrets_have(s, HC_LIBVIRT_SECRET, certificate_of(s, node)) ||
	       !secrets_have(s, HC_LIBVIRT_SECRET, key_of(s, node));
}

/* A node without, from the i-th on, or NULL. */
static const struct hc_resource *next_without(struct secrets *s, size_t *i)
{
	size_t n;
	struct hc_resource *const *nodes = hc_of_type(&s->generation->desired, &hc_node, &n);

	while (*i < n)
		if (lacks(s, nodes[(*i)++]))
			return nodes[*i - 1];
	return NULL;
}

static int seal(struct secrets *s, const char *key, const uint8_t *data, size_t size)
{
	return secrets_seal(s, HC_LIBVIRT_SECRET, key, data, size) ? EXIT_DONE : EXIT_FAILED;
}

static int make_pair(struct secrets *s, const struct pki_pair *authority,
		     const struct hc_resource *node)
{
	_cleanup_(pki_pair_clear) struct pki_pair pair = {0};
	const struct hc_node *spec = node->spec;
	struct hc_strings addresses = {0};
	const char *why;
	int exitcode;

	/* its certificate would take the authority's name */
	if (!strcmp(node->name, "ca"))
		return secrets_fail(s, EXIT_MANIFEST, node->place,
				    "a node with VMs cannot be called ca: the authority is");
	for (size_t i = 0; i < spec->links.n; i++)
		hc_strings_add(s->arena, &addresses, spec->links.v[i].value);
	if (pki_node(authority, node->name, &addresses, &pair, &why))
		return secrets_fail(s, EXIT_FAILED, node->place,
				    "cannot make the certificate of %s: %s", node->name, why);
	exitcode = seal(s, certificate_of(s, node), pair.certificate, pair.certificate_size);
	return exitcode ? exitcode : seal(s, key_of(s, node), pair.key, pair.key_size);
}

static int make_missing(struct secrets *s, const struct pki_pair *authority)
{
	const struct hc_resource *node;
	size_t i = 0;
	int exitcode = EXIT_DONE;

	while (!exitcode && (node = next_without(s, &i)))
		exitcode = make_pair(s, authority, node);
	return exitcode;
}

static int keep_authority(struct secrets *s, const struct pki_pair *authority)
{
	int exitcode =
		seal(s, HC_LIBVIRT_CA_CERT, authority->certificate, authority->certificate_size);

	if (exitcode)
		return exitcode;
	if (hc_recipient_named(&s->recipients, HC_RECOVERY))
		return seal(s, HC_LIBVIRT_CA_KEY, authority->key, authority->key_size);
	secrets_drop(s, HC_LIBVIRT_SECRET "/" HC_LIBVIRT_CA_KEY);
	hc_say(&s->diags, HC_WARNING, nowhere,
	       HC_LIBVIRT_SECRET "/" HC_LIBVIRT_CA_KEY " is sealed to the recovery key alone, and "
				 "there is none, so it is not kept: another node will need new "
				 "certificates for all (hcstate secrets rotate " HC_LIBVIRT_SECRET
				 ")");
	return EXIT_DONE;
}

/* A new authority, and a new pair for every node. */
static int make_all(struct secrets *s)
{
	_cleanup_(pki_pair_clear) struct pki_pair authority = {0};
	const char *cluster = secrets_cluster(s), *why;
	size_t n;
	struct hc_resource *const *nodes = hc_of_type(&s->generation->desired, &hc_node, &n);
	int exitcode = secrets_check_recovery(s);

	if (!cluster || exitcode)
		return cluster ? exitcode : EXIT_MANIFEST;
	if (pki_authority(cluster, &authority, &why))
		return secrets_fail(s, EXIT_FAILED, nowhere,
				    "cannot make the authority of the certificates: %s", why);
	exitcode = keep_authority(s, &authority);
	for (size_t i = 0; !exitcode && i < n; i++)
		exitcode = make_pair(s, &authority, nodes[i]);
	return exitcode;
}

static int open_value(struct secrets *s, const struct opener *opener, const char *key,
		      uint8_t **data, size_t *size)
{
	const char *name = hc_printf(s->arena, HC_LIBVIRT_SECRET "/%s", key), *why;
	const struct hc_resource *value =
		hc_find(&s->generation->desired, &hc_secret_value, NULL, name);

	if (!value)
		return secrets_fail(s, EXIT_FAILED, nowhere,
				    "the manifests have no %s, which certifies new nodes: hcstate "
				    "secrets rotate " HC_LIBVIRT_SECRET
				    " makes new certificates for all",
				    name);
	if (hc_secret_unseal(s->arena, value, opener->name, opener->key, data, size, &why))
		return secrets_fail(s, EXIT_FAILED, value->place, "%s", why);
	return EXIT_DONE;
}

static int open_authority(struct secrets *s, const struct opener *opener,
			  struct pki_pair *authority)
{
	int exitcode =
		open_value(s, opener, HC_LIBVIRT_CA_KEY, &authority->key, &authority->key_size);

	return exitcode ? exitcode
			: open_value(s, opener, HC_LIBVIRT_CA_CERT, &authority->certificate,
				     &authority->certificate_size);
}

static bool is_recovery(const struct opener *opener)
{
	return opener->key && !strcmp(opener->name, HC_RECOVERY);
}

/* By the authority that there is. Its certificate is sealed anew: who came since has to have it. */
static int make_with(struct secrets *s, const struct opener *opener, const char *node)
{
	_cleanup_(pki_pair_clear) struct pki_pair authority = {0};
	int exitcode;

	if (!is_recovery(opener))
		return secrets_fail(s, EXIT_FAILED, nowhere,
				    "for the certificate of %s is needed " RECOVERY_NEEDED
				    "; or hcstate secrets rotate " HC_LIBVIRT_SECRET
				    " makes new ones for all",
				    node);
	exitcode = open_authority(s, opener, &authority);
	if (!exitcode)
		exitcode = seal(s, HC_LIBVIRT_CA_CERT, authority.certificate,
				authority.certificate_size);
	return exitcode ? exitcode : make_missing(s, &authority);
}

int certificates_init(struct secrets *s, bool *made)
{
	_cleanup_(opener_close) struct opener opener = {0};
	const struct hc_resource *node;
	const char *why;
	size_t i = 0;
	int exitcode;

	if (!wanted(s))
		return EXIT_DONE;
	node = next_without(s, &i);
	if (secrets_have(s, HC_LIBVIRT_SECRET, HC_LIBVIRT_CA_CERT) && !node)
		return EXIT_DONE;
	*made = true;
	if (!secrets_have(s, HC_LIBVIRT_SECRET, HC_LIBVIRT_CA_CERT))
		return make_all(s);
	(void)secrets_read_opener(s, &opener, &why); /* without one the next says what is needed */
	exitcode = secrets_check_recovery(s);
	return exitcode ? exitcode : make_with(s, &opener, node->name);
}

int certificates_rekey(struct secrets *s, const struct opener *opener)
{
	const struct hc_resource *node;
	size_t i = 0;

	if (!wanted(s) || !secrets_have(s, HC_LIBVIRT_SECRET, HC_LIBVIRT_CA_CERT))
		return EXIT_DONE; /* init's */
	node = next_without(s, &i);
	if (!node)
		return EXIT_DONE;
	if (is_recovery(opener))
		return make_with(s, opener, node->name);
	hc_say(&s->diags, HC_WARNING, nowhere,
	       "%s has no certificate yet: hcstate secrets init with " RECOVERY_NEEDED " makes it",
	       node->name);
	return EXIT_DONE;
}

bool certificates_has(const struct secrets *s, const char *key)
{
	const struct made_value *made = key ? made_value(s, HC_LIBVIRT_SECRET, key) : NULL;

	return !key || (made && !made->form->make);
}

/* One node's, by the authority that there is. */
static int rotate_pair(struct secrets *s, const char *key)
{
	_cleanup_(opener_close) struct opener opener = {0};
	const char *node = hc_strndup(s->arena, key, strlen(key) - strlen(HC_LIBVIRT_KEY)), *why;
	int exitcode;

	(void)secrets_read_opener(s, &opener, &why); /* as in init */
	exitcode = secrets_check_recovery(s);
	secrets_drop(s, hc_printf(s->arena, HC_LIBVIRT_SECRET "/%s" HC_LIBVIRT_CERT, node));
	secrets_drop(s, hc_printf(s->arena, HC_LIBVIRT_SECRET "/%s" HC_LIBVIRT_KEY, node));
	return exitcode ? exitcode : make_with(s, &opener, node);
}

int certificates_rotate(struct secrets *s, const char *key)
{
	if (key && strcmp(key, HC_LIBVIRT_CA_CERT) != 0 && strcmp(key, HC_LIBVIRT_CA_KEY) != 0)
		return rotate_pair(s, key);
	return make_all(s);
}
