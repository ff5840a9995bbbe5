/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values that hcstate makes by itself, one row each, and the two verbs that make them: init for
 * a new cluster, rotate for a value that somebody may know.
 */

#include "secrets.h"

#include <sodium.h>
#include <string.h>

#include <hcstate/secret.h>

static const struct hc_place nowhere;

static const struct made_value made_values[] = {
	/* corosync-keygen makes 256 bytes too; the bounds are corosync.conf(5)'s for keys. */
	{.secret = "corosync", .key = "authkey", .size = 256, .min = 128, .max = 4096},
};

const struct made_value *made_value(const char *secret, const char *key)
{
	for (size_t i = 0; i < HC_COUNT(made_values); i++)
		if (!strcmp(made_values[i].secret, secret) && !strcmp(made_values[i].key, key))
			return &made_values[i];
	return NULL;
}

static int make(struct secrets *s, const struct hc_resource *secret, const struct made_value *made)
{
	uint8_t *data = hc_guarded_alloc(made->size);
	bool sealed;

	randombytes_buf(data, made->size);
	sealed = secrets_seal(s, secret, made->key, data, made->size);
	hc_guarded_free(data);
	return sealed ? EXIT_DONE : EXIT_FAILED;
}

/* The Secret among the renewed; added when it is the first value of it. */
static struct hc_resource *renewed(struct secrets *s, const char *name, const char *cluster)
{
	for (size_t i = 0; i < s->renewed.n; i++)
		if (s->renewed.v[i]->type == &hc_secret && !strcmp(s->renewed.v[i]->name, name))
			return s->renewed.v[i];
	return secrets_add(s, name, cluster);
}

int secrets_init(struct secrets *s)
{
	const char *cluster = secrets_cluster(s);
	int exitcode = EXIT_DONE;

	if (!cluster)
		return EXIT_MANIFEST;
	exitcode = secrets_check_recovery(s, NULL);
	for (size_t i = 0; !exitcode && i < HC_COUNT(made_values); i++) {
		const struct made_value *made = &made_values[i];
		const struct hc_resource *there = secrets_find(s, made->secret);

		if (there)
			return secrets_fail(s, EXIT_FAILED, there->place,
					    "the manifests have Secret %s already: hcstate secrets "
					    "rekey or rotate renews it",
					    made->secret);
		exitcode = make(s, renewed(s, made->secret, cluster), made);
	}
	return exitcode;
}

static bool wanted(const struct hc_resource *value, const char *name)
{
	return !strcmp(value->name, name) || !strcmp(value->parent->name, name);
}

static int rotate_value(struct secrets *s, const struct hc_resource *secret,
			const struct hc_resource *value)
{
	const struct hc_label label = hc_secret_label(value);
	const struct made_value *made = made_value(label.secret, label.key);
	int exitcode;

	if (!made)
		return secrets_fail(s, EXIT_FAILED, value->place,
				    "%s is not of hcstate's making: hcstate secrets set %s takes a "
				    "new value",
				    value->name, value->name);
	exitcode = secrets_check_recovery(s, value);
	return exitcode ? exitcode : make(s, secret, made);
}

int secrets_rotate(struct secrets *s)
{
	const char *name = s->options->args[1];
	const char *slash = strchrnul(name, '/');
	const struct hc_resource *old =
		secrets_find(s, hc_strndup(s->arena, name, (size_t)(slash - name)));
	const struct hc_resource *secret, *value = NULL;
	bool found = false;
	int exitcode = EXIT_DONE;

	if (!old)
		return secrets_fail(s, EXIT_FAILED, nowhere, "the manifests have no Secret %.*s",
				    (int)(slash - name), name);
	secret = secrets_add(s, old->name, ((const struct hc_secret *)old->spec)->cluster);
	while (!exitcode && (value = secrets_next(s, old, value))) {
		if (wanted(value, name)) {
			found = true;
			exitcode = rotate_value(s, secret, value);
		} else {
			secrets_keep(s, secret, value);
		}
	}
	if (!exitcode && !found)
		return secrets_fail(s, EXIT_FAILED, old->place, "Secret %s has no value %s",
				    old->name, *slash ? slash + 1 : "");
	return exitcode;
}
