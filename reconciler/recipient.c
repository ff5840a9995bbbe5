/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who secret values are sealed to: every NodeKey of the manifests, also one whose Node is not
 * written yet, so that a node's key may be given out before the node joins. To take a node out, its
 * NodeKey is deleted. A Node without a NodeKey is an error: it could not do its part.
 */

#include "recipient.h"

#include <errno.h>
#include <string.h>

#include <hcstate/cluster.h>
#include <hcstate/secret.h>
#include <hcstate/vm.h>

static void add(struct hc_recipients *recipients, const char *name,
		const uint8_t public_key[HC_KEY_SIZE])
{
	struct hc_recipient *to = &recipients->v[recipients->n++];

	to->name = name;
	memcpy(to->public_key, public_key, HC_KEY_SIZE);
}

static void add_node_keys(const struct hc_set *desired, struct hc_diags *diags,
			  struct hc_recipients *recipients)
{
	size_t n;
	struct hc_resource *const *keys = hc_of_type(desired, &hc_node_key, &n);

	recipients->n = 0;
	recipients->v = hc_alloc(diags->arena, (n + 1) * sizeof(*recipients->v));
	for (size_t i = 0; i < n; i++) {
		const struct hc_node_key *spec = keys[i]->spec;
		uint8_t public_key[HC_KEY_SIZE];
		const char *why;

		if (!strcmp(keys[i]->name, HC_RECOVERY))
			continue;
		if (hc_public_key_parse(spec->public_key, public_key, &why))
			hc_say(diags, HC_ERROR, keys[i]->place, "%s", why);
		else
			add(recipients, keys[i]->name, public_key);
	}
}

static void add_recovery(const struct hc_set *desired, const uint8_t *recovery,
			 struct hc_diags *diags, struct hc_recipients *recipients)
{
	const struct hc_resource *r = hc_find(desired, &hc_node_key, NULL, HC_RECOVERY);
	const struct hc_node_key *spec = r ? r->spec : NULL;
	uint8_t public_key[HC_KEY_SIZE];
	const char *why;

	if (recovery)
		add(recipients, HC_RECOVERY, recovery);
	else if (spec && hc_public_key_parse(spec->public_key, public_key, &why))
		hc_say(diags, HC_ERROR, r->place, "%s", why);
	else if (spec)
		add(recipients, HC_RECOVERY, public_key);
}

int hc_recipients_find(const struct hc_set *desired, const uint8_t *recovery,
		       struct hc_diags *diags, struct hc_recipients *recipients)
{
	const struct hc_place nowhere = {0};
	size_t n, before = diags->errors;
	struct hc_resource *const *nodes = hc_of_type(desired, &hc_node, &n);

	add_node_keys(desired, diags, recipients);
	for (size_t i = 0; i < n; i++)
		if (!hc_find(desired, &hc_node_key, NULL, nodes[i]->name))
			hc_hint(diags,
				hc_say(diags, HC_ERROR, nodes[i]->place,
				       "Node %s has no NodeKey, so nothing can be sealed to it",
				       nodes[i]->name),
				"add what hcstate keygen prints on %s", nodes[i]->name);
	if (!recipients->n && diags->errors == before)
		hc_hint(diags,
			hc_say(diags, HC_ERROR, nowhere,
			       "the manifests have no NodeKey: there is nobody to seal to"),
			"add what hcstate keygen prints on each node");
	add_recovery(desired, recovery, diags, recipients);
	return diags->errors == before ? 0 : -EINVAL;
}

const struct hc_recipient *hc_recipient_named(const struct hc_recipients *recipients,
					      const char *name)
{
	for (size_t i = 0; i < recipients->n; i++)
		if (!strcmp(recipients->v[i].name, name))
			return &recipients->v[i];
	return NULL;
}

const struct hc_recipient *hc_recipient_of_key(const struct hc_recipients *recipients,
					       const uint8_t public_key[HC_KEY_SIZE])
{
	for (size_t i = 0; i < recipients->n; i++)
		if (!memcmp(recipients->v[i].public_key, public_key, HC_KEY_SIZE))
			return &recipients->v[i];
	return NULL;
}

size_t hc_label_owner(const struct hc_label *label)
{
	const char *dot = strrchr(label->key, '.');

	if (strcmp(label->secret, HC_LIBVIRT_SECRET) != 0 || !dot ||
	    !strcmp(label->key, HC_LIBVIRT_CA_CERT) || !strcmp(label->key, HC_LIBVIRT_CA_KEY))
		return 0;
	return !strcmp(dot, HC_LIBVIRT_CERT) || !strcmp(dot, HC_LIBVIRT_KEY)
		       ? (size_t)(dot - label->key)
		       : 0;
}

bool hc_recipient_reads(const char *name, const struct hc_label *label)
{
	size_t owner = hc_label_owner(label);

	if (!strcmp(name, HC_RECOVERY))
		return true;
	if (owner)
		return strlen(name) == owner && !strncmp(name, label->key, owner);
	return strcmp(label->secret, HC_LIBVIRT_SECRET) != 0 ||
	       strcmp(label->key, HC_LIBVIRT_CA_KEY) != 0;
}

int hc_recipients_seal(struct hc_arena *arena, const struct hc_recipients *recipients,
		       const struct hc_label *label, const uint8_t *data, size_t size,
		       struct hc_map *sealed)
{
	for (size_t i = 0; i < recipients->n; i++) {
		const struct hc_recipient *to = &recipients->v[i];
		const char *box;
		int r;

		if (!hc_recipient_reads(to->name, label))
			continue;
		r = hc_seal(arena, label, data, size, to->public_key, &box);
		if (r)
			return r;
		hc_map_put(arena, sealed, to->name, box);
	}
	return 0;
}
