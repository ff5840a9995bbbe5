/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The renewed documents, put together in memory as resources like those that were read: first a
 * copy of all Secrets and CephFsids, boxes as they are; then values sealed anew in the place of
 * theirs. It is always all of them, so that what is printed takes the place of the whole file that
 * hcstate secrets printed before.
 */

#include "secrets.h"

#include <string.h>

#include <hcstate/ceph_cluster.h>
#include <hcstate/cluster.h>
#include <hcstate/secret.h>

static const struct hc_place nowhere;

int secrets_fail(struct secrets *s, int exitcode, struct hc_place place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)hc_vsay(&s->diags, HC_ERROR, place, format, args);
	va_end(args);
	return exitcode;
}

const char *secrets_cluster(struct secrets *s)
{
	size_t n;
	struct hc_resource *const *clusters = hc_of_type(&s->generation->desired, &hc_cluster, &n);
	const struct hc_cluster *cluster;

	if (n != 1) {
		secrets_fail(s, 0, nowhere,
			     n ? "more than one Cluster document: whose secrets are these?"
			       : "no Cluster document says what the cluster is called");
		return NULL;
	}
	cluster = clusters[0]->spec;
	return cluster->cluster_name;
}

struct hc_resource *secrets_find(const struct secrets *s, const char *name)
{
	return hc_find(&s->generation->desired, &hc_secret, NULL, name);
}

const struct hc_resource *secrets_next(const struct secrets *s, const struct hc_resource *secret,
				       const struct hc_resource *value)
{
	size_t n, i = 0;
	struct hc_resource *const *values =
		hc_of_type(&s->generation->desired, &hc_secret_value, &n);

	while (value && i < n && values[i++] != value)
		;
	while (i < n && values[i]->parent != secret)
		i++;
	return i < n ? values[i] : NULL;
}

static struct hc_resource *add_secret(struct secrets *s, const char *name, const char *cluster)
{
	struct hc_resource *secret = hc_resource_new(&s->renewed, &hc_secret, NULL, name);
	struct hc_secret *spec = secret->spec;

	spec->cluster = cluster;
	hc_set_field(secret, struct hc_secret, cluster);
	return secret;
}

static struct hc_resource *add_value(struct secrets *s, const struct hc_resource *secret,
				     const char *name, const struct hc_map *sealed)
{
	struct hc_resource *value = hc_resource_new(&s->renewed, &hc_secret_value, NULL, name);
	struct hc_secret_value *spec = value->spec;

	value->parent = secret;
	if (sealed)
		spec->sealed = *sealed;
	hc_set_field(value, struct hc_secret_value, sealed);
	return value;
}

void secrets_add_fsid(struct secrets *s, const char *cluster, const char *fsid)
{
	struct hc_resource *r = hc_resource_new(&s->renewed, &hc_ceph_fsid, NULL, cluster);
	struct hc_ceph_fsid *spec = r->spec;

	spec->fsid = fsid;
	hc_set_field(r, struct hc_ceph_fsid, fsid);
}

static void keep_secret(struct secrets *s, const struct hc_resource *old)
{
	const struct hc_secret *spec = old->spec;
	const struct hc_resource *secret = add_secret(s, old->name, spec->cluster), *value = NULL;

	while ((value = secrets_next(s, old, value))) {
		const struct hc_secret_value *kept = value->spec;

		add_value(s, secret, value->name, &kept->sealed);
	}
}

void secrets_keep(struct secrets *s)
{
	size_t n, nfsid;
	struct hc_resource *const *old = hc_of_type(&s->generation->desired, &hc_secret, &n);
	struct hc_resource *const *fsids =
		hc_of_type(&s->generation->desired, &hc_ceph_fsid, &nfsid);

	for (size_t i = 0; i < n; i++)
		keep_secret(s, old[i]);
	for (size_t i = 0; i < nfsid; i++)
		secrets_add_fsid(s, fsids[i]->name,
				 ((const struct hc_ceph_fsid *)fsids[i]->spec)->fsid);
}

/* Not sorted before the end, and short. */
static struct hc_resource *find_renewed(const struct secrets *s, const struct hc_type *type,
					const char *name)
{
	for (size_t i = 0; i < s->renewed.n; i++)
		if (s->renewed.v[i]->type == type && !strcmp(s->renewed.v[i]->name, name))
			return s->renewed.v[i];
	return NULL;
}

/* The Secret among the renewed; a new one belongs to the Cluster. NULL and said. */
static const struct hc_resource *renewed_secret(struct secrets *s, const char *name)
{
	const struct hc_resource *secret = find_renewed(s, &hc_secret, name);
	const char *cluster;

	if (secret)
		return secret;
	cluster = secrets_cluster(s);
	return cluster ? add_secret(s, name, cluster) : NULL;
}

struct hc_secret_value *secrets_seal(struct secrets *s, const char *secret, const char *key,
				     const uint8_t *data, size_t size)
{
	const struct hc_resource *parent = renewed_secret(s, secret);
	const char *name = hc_printf(s->arena, "%s/%s", secret, key);
	struct hc_resource *value = find_renewed(s, &hc_secret_value, name);
	struct hc_secret_value *spec;
	struct hc_label label;

	if (!parent)
		return NULL;
	if (!value)
		value = add_value(s, parent, name, NULL);
	label = hc_secret_label(value);
	spec = value->spec;
	spec->sealed = (struct hc_map){0};
	if (hc_recipients_seal(s->arena, &s->recipients, &label, data, size, &spec->sealed))
		secrets_fail(s, 0, nowhere,
			     "%s cannot be sealed: its name or its value is too long", value->name);
	else if (spec->sealed.n)
		return spec;
	else
		secrets_fail(s, 0, nowhere,
			     "%s is for none of those who have a NodeKey: give --recovery-key",
			     value->name);
	return NULL;
}

void secrets_drop(struct secrets *s, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < s->renewed.n; i++)
		if (s->renewed.v[i]->type != &hc_secret_value ||
		    strcmp(s->renewed.v[i]->name, name) != 0)
			s->renewed.v[n++] = s->renewed.v[i];
	s->renewed.n = n;
}

bool secrets_have(const struct secrets *s, const char *secret, const char *key)
{
	return find_renewed(s, &hc_secret_value, hc_printf(s->arena, "%s/%s", secret, key));
}

/* A value that is sealed to the recovery key, or NULL. */
static const struct hc_resource *recoverable(const struct secrets *s)
{
	size_t n;
	struct hc_resource *const *values =
		hc_of_type(&s->generation->desired, &hc_secret_value, &n);

	for (size_t i = 0; i < n; i++)
		if (hc_map_get(&((const struct hc_secret_value *)values[i]->spec)->sealed,
			       HC_RECOVERY))
			return values[i];
	return NULL;
}

int secrets_check_recovery(struct secrets *s)
{
	const struct hc_resource *old = recoverable(s);

	if (hc_recipient_named(&s->recipients, HC_RECOVERY))
		return EXIT_DONE;
	if (old)
		return secrets_fail(s, EXIT_FAILED, old->place,
				    "%s is sealed to a recovery key too, so a new value has to "
				    "be: give its public half with --recovery-key",
				    old->name);
	hc_say(&s->diags, HC_WARNING, nowhere,
	       "no --recovery-key: when all nodes lose their keys, nobody can open this any more");
	return EXIT_DONE;
}
