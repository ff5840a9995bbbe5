/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NodeKey, Secret and its values. What a set says about who can open what is checked here without
 * any key, so that a forgotten `hcstate secrets rekey` is seen in CI and not when a node joins.
 *
 * A box of somebody who has no NodeKey is only a warning: it is what a set looks like between the
 * removal of a node and the rekey, and rekey has to be able to load it.
 */

#include <hcstate/secret.h>

#include <string.h>

#include <hcstate/cluster.h>
#include <hcstate/resource.h>
#include <reconciler/recipient.h>
#include <reconciler/secret.h>

#define REKEY "hcstate secrets rekey"

static const struct hc_field node_key_fields[] = {
	hc_string(struct hc_node_key, public_key, .absent = HC_REQUIRED,
		  .doc = "The X25519 public key, 32 bytes in base64, as hcstate keygen prints it. "
			 "What is sealed to it can be opened on that node only.",
		  .pattern = "^[A-Za-z0-9+/]{43}=$", .pattern_doc = "32 bytes in base64"),
};

static const struct hc_field value_fields[] = {
	hc_map(struct hc_secret_value, sealed, .absent = HC_REQUIRED,
	       .doc = "By a node's name, or recovery: the value, sealed to that key, in base64. "
		      "Written by hcstate secrets."),
};

static const struct hc_field secret_fields[] = {
	hc_string(struct hc_secret, cluster, .absent = HC_REQUIRED, .min = 1, .max = HC_LABEL_MAX,
		  .doc = "The cluster's name. It is sealed together with every value, so that no "
			 "other cluster's value passes for one of this."),
	hc_children(
		"values", .item = &hc_secret_value, .form = HC_NAMED,
		.doc = "The values by name, each sealed to every node and to the recovery key."),
};

static struct hc_place place_of(const struct hc_resource *r, const char *field)
{
	return hc_field_place(r, hc_field_index(r->type, field));
}

static bool is_recovery(const struct hc_resource *r)
{
	return !strcmp(r->name, HC_RECOVERY);
}

/* Sets without Node documents say nothing about who is there. */
static bool has_nodes(const struct hc_set *desired)
{
	size_t n;

	(void)hc_of_type(desired, &hc_node, &n);
	return n > 0;
}

static void check_public_key(const struct hc_set *desired, const struct hc_resource *key,
			     struct hc_diags *diags)
{
	const struct hc_node_key *spec = key->spec;
	uint8_t public_key[HC_KEY_SIZE];
	const char *why;

	if (spec->public_key && hc_public_key_parse(spec->public_key, public_key, &why))
		hc_say(diags, HC_ERROR, place_of(key, "public_key"), "%s", why);
	if (!is_recovery(key) && has_nodes(desired) && !hc_find(desired, &hc_node, NULL, key->name))
		hc_hint(diags,
			hc_say(diags, HC_WARNING, key->place,
			       "no Node is called %s, but secrets are sealed to this key",
			       key->name),
			"when the node is gone for good, delete this document, then " REKEY);
}

static int by_public_key(const void *a, const void *b)
{
	const struct hc_resource *const *x = a, *const *y = b;
	const struct hc_node_key *p = (*x)->spec, *q = (*y)->spec;
	int order = strcmp(p->public_key ? p->public_key : "", q->public_key ? q->public_key : "");

	return order ? order : strcmp((*x)->name, (*y)->name);
}

/* With one key for two, a value could not be taken away from one of them. */
static void check_keys_differ(struct hc_resource *const *keys, size_t n, struct hc_diags *diags)
{
	const struct hc_resource **sorted =
		hc_alloc(diags->arena, n * sizeof(struct hc_resource *));

	for (size_t i = 0; i < n; i++)
		sorted[i] = keys[i];
	if (n)
		qsort(sorted, n, sizeof(struct hc_resource *), by_public_key);
	for (size_t i = 1; i < n; i++) {
		const struct hc_node_key *a = sorted[i - 1]->spec, *b = sorted[i]->spec;

		if (a->public_key && b->public_key && !strcmp(a->public_key, b->public_key))
			hc_hint(diags,
				hc_say(diags, HC_ERROR, place_of(sorted[i], "public_key"),
				       "%s has the same key as %s", sorted[i]->name,
				       sorted[i - 1]->name),
				"on a copied machine, delete the key file and run hcstate keygen");
	}
}

static void check_node_keys(const struct hc_set *desired, struct hc_diags *diags)
{
	const struct hc_resource *misnamed = hc_find(desired, &hc_node, NULL, HC_RECOVERY);
	size_t n;
	struct hc_resource *const *keys = hc_of_type(desired, &hc_node_key, &n);

	if (misnamed)
		hc_say(diags, HC_ERROR, misnamed->place,
		       "a node cannot be called " HC_RECOVERY ": the recovery key is");
	for (size_t i = 0; i < n; i++)
		check_public_key(desired, keys[i], diags);
	check_keys_differ(keys, n, diags);
}

/* Which cluster it is has one place; a secret copied from another set is found out here. */
static void check_secrets(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n, ncluster;
	struct hc_resource *const *secrets = hc_of_type(desired, &hc_secret, &n);
	struct hc_resource *const *clusters = hc_of_type(desired, &hc_cluster, &ncluster);
	const struct hc_cluster *cluster = ncluster == 1 ? clusters[0]->spec : NULL;

	for (size_t i = 0; cluster && cluster->cluster_name && i < n; i++) {
		const struct hc_secret *spec = secrets[i]->spec;

		if (spec->cluster && strcmp(spec->cluster, cluster->cluster_name) != 0)
			hc_say(diags, HC_ERROR, place_of(secrets[i], "cluster"),
			       "this secret is of cluster %s, but the Cluster is %s", spec->cluster,
			       cluster->cluster_name);
	}
}

static void check_boxes(const struct hc_set *desired, const struct hc_resource *value,
			struct hc_diags *diags)
{
	const struct hc_secret_value *spec = value->spec;
	struct hc_place place = place_of(value, "sealed");

	if (!spec->sealed.n && hc_has_field(value, struct hc_secret_value, sealed))
		hc_say(diags, HC_ERROR, place, "%s is sealed to nobody", value->name);
	for (size_t i = 0; i < spec->sealed.n; i++) {
		const struct hc_pair *box = &spec->sealed.v[i];
		const char *why;

		if (hc_box_check(box->value, &why))
			hc_say(diags, HC_ERROR, place, "%s, the box of %s: %s", value->name,
			       box->key, why);
		if (strcmp(box->key, HC_RECOVERY) != 0 &&
		    !hc_find(desired, &hc_node_key, NULL, box->key))
			hc_hint(diags,
				hc_say(diags, HC_WARNING, place,
				       "%s can open %s, but there is no NodeKey of that name",
				       box->key, value->name),
				REKEY);
	}
}

static void check_nodes_can_open(const struct hc_set *desired, const struct hc_resource *value,
				 struct hc_diags *diags)
{
	const struct hc_secret_value *spec = value->spec;
	const struct hc_label label = hc_secret_label(value);
	size_t n;
	struct hc_resource *const *nodes = hc_of_type(desired, &hc_node, &n);

	/* Sealed to nobody is said elsewhere, once. */
	for (size_t i = 0; spec->sealed.n && i < n; i++)
		if (hc_recipient_reads(nodes[i]->name, &label) &&
		    !hc_map_get(&spec->sealed, nodes[i]->name))
			hc_hint(diags,
				hc_say(diags, HC_WARNING, place_of(value, "sealed"),
				       "%s cannot open %s", nodes[i]->name, value->name),
				REKEY);
}

/* Names are typed at `hcstate secrets set SECRET/KEY`. */
static void check_name(const struct hc_resource *value, struct hc_diags *diags)
{
	const char *key = value->name + strlen(value->parent->name) + 1;
	size_t size = strlen(key);

	if (!size || size > HC_LABEL_MAX || strspn(key, HC_SECRET_NAME) != size)
		hc_say(diags, HC_ERROR, value->place,
		       "a secret value's name is of letters, digits, '.', '_' and '-', at most %d",
		       HC_LABEL_MAX);
}

static void check_values(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *values = hc_of_type(desired, &hc_secret_value, &n);

	for (size_t i = 0; i < n; i++) {
		check_name(values[i], diags);
		check_boxes(desired, values[i], diags);
		check_nodes_can_open(desired, values[i], diags);
	}
}

const struct hc_type hc_node_key = {
	.name = "NodeKey",
	.doc = "The public key of the node of that name, or (named recovery) of the recovery key. "
	       "hcstate keygen prints it. Secrets are sealed to every NodeKey there is; to take a "
	       "node out, delete its NodeKey and run hcstate secrets rekey.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(node_key_fields),
	.size = sizeof(struct hc_node_key),
	.passive = true,
	.check = check_node_keys,
};

const struct hc_type hc_secret_value = {
	.name = "SecretValue",
	.doc = "One sealed value of a Secret.",
	.scope = HC_CLUSTER,
	.from = HC_CHILD,
	HC_FIELDS(value_fields),
	.size = sizeof(struct hc_secret_value),
	.passive = true,
	.check = check_values,
};

const struct hc_type hc_secret = {
	.name = "Secret",
	.doc = "Secret values, sealed so that they can lie in git. hcstate secrets prints these "
	       "documents; write its output to another file and move that into place, for it reads "
	       "the old one.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(secret_fields),
	.size = sizeof(struct hc_secret),
	.passive = true,
	.check = check_secrets,
};
