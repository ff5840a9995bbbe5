/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The renewed Secrets, put together in memory as resources like those that were read: a Secret, and
 * for each of its values either the boxes it had or new ones for everybody.
 */

#include "secrets.h"

#include <string.h>

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

struct hc_resource *secrets_add(struct secrets *s, const char *name, const char *cluster)
{
	struct hc_resource *secret = hc_resource_new(&s->renewed, &hc_secret, NULL, name);
	struct hc_secret *spec = secret->spec;

	spec->cluster = cluster;
	hc_set_field(secret, struct hc_secret, cluster);
	return secret;
}

static struct hc_resource *add_value(struct secrets *s, const struct hc_resource *secret,
				     const char *key)
{
	const char *name = hc_printf(s->arena, "%s/%s", secret->name, key);
	struct hc_resource *value = hc_resource_new(&s->renewed, &hc_secret_value, NULL, name);

	value->parent = secret;
	hc_set_field(value, struct hc_secret_value, sealed);
	return value;
}

struct hc_secret_value *secrets_seal(struct secrets *s, const struct hc_resource *secret,
				     const char *key, const uint8_t *data, size_t size)
{
	struct hc_resource *value = add_value(s, secret, key);
	struct hc_secret_value *spec = value->spec;
	const struct hc_label label = hc_secret_label(value);

	if (!hc_recipients_seal(s->arena, &s->recipients, &label, data, size, &spec->sealed))
		return spec;
	secrets_fail(s, 0, nowhere, "%s cannot be sealed: its name or its value is too long",
		     value->name);
	return NULL;
}

void secrets_keep(struct secrets *s, const struct hc_resource *secret,
		  const struct hc_resource *value)
{
	const struct hc_secret_value *old = value->spec;
	struct hc_secret_value *spec = add_value(s, secret, hc_secret_label(value).key)->spec;

	spec->sealed = old->sealed;
}

int secrets_check_recovery(struct secrets *s, const struct hc_resource *old)
{
	const struct hc_secret_value *spec = old ? old->spec : NULL;

	if (hc_recipient_named(&s->recipients, HC_RECOVERY))
		return EXIT_DONE;
	if (spec && hc_map_get(&spec->sealed, HC_RECOVERY))
		return secrets_fail(s, EXIT_FAILED, old->place,
				    "%s is sealed to a recovery key too, so the new value has to "
				    "be: give its public half with --recovery-key",
				    old->name);
	hc_say(&s->diags, HC_WARNING, nowhere,
	       "no --recovery-key: when all nodes lose their keys, nobody can open this any more");
	return EXIT_DONE;
}
