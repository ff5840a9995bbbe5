/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two verbs that make values: init makes what is not there yet, rotate makes a new one for a
 * value that somebody may know.
 *
 * init keeps what is there, so it can be run again whenever the manifests ask for more: with the
 * first CephCluster, with a CephKey. It opens nothing, but the authority of libvirt's certificates
 * for a node that came since.
 */

#include "secrets.h"

#include <string.h>

#include <hcstate/secret.h>
#include <hcstate/vm.h>

static const struct hc_place nowhere;

static int make(struct secrets *s, const struct made_value *made)
{
	uint8_t *data = hc_guarded_alloc(made->form->size);
	bool sealed;

	made->form->make(data);
	sealed = secrets_seal(s, made->secret, made->key, data, made->form->size);
	hc_guarded_free(data);
	return sealed ? EXIT_DONE : EXIT_FAILED;
}

/* Of libvirt's certificates, all that the name stands for. false: it is another value's. */
static bool names_certificates(const struct secrets *s, const char *name, const char **key)
{
	size_t size = strlen(HC_LIBVIRT_SECRET);

	*key = NULL;
	if (strncmp(name, HC_LIBVIRT_SECRET, size) != 0)
		return false;
	if (name[size] == '/')
		*key = name + size + 1;
	return (!name[size] || *key) && certificates_has(s, *key);
}

/* Makes it unless it is there. The recovery key is asked for at the first. */
static int make_missing(struct secrets *s, const struct made_value *value, bool *made)
{
	int exitcode = EXIT_DONE;

	if (!value->needed || secrets_have(s, value->secret, value->key))
		return EXIT_DONE;
	if (!*made)
		exitcode = secrets_check_recovery(s);
	*made = true;
	return exitcode ? exitcode : make(s, value);
}

int secrets_init(struct secrets *s)
{
	bool value = false, fsid = false;
	int exitcode = EXIT_DONE;

	if (!secrets_cluster(s))
		return EXIT_MANIFEST;
	for (size_t i = 0; !exitcode && i < s->made.n; i++)
		exitcode = make_missing(s, &s->made.v[i], &value);
	if (!exitcode)
		exitcode = certificates_init(s, &value);
	if (!exitcode)
		exitcode = secrets_make_fsid(s, &fsid);
	if (!exitcode && !value && !fsid)
		hc_say(&s->diags, HC_WARNING, nowhere,
		       "nothing to make, all is there already: hcstate secrets rekey or rotate "
		       "renews it");
	return exitcode;
}

static bool wanted(const struct hc_resource *value, const char *name)
{
	return !strcmp(value->name, name) || !strcmp(value->parent->name, name);
}

static int rotate_value(struct secrets *s, const struct hc_resource *value)
{
	const struct hc_label label = hc_secret_label(value);
	const struct made_value *made = made_value(s, label.secret, label.key);
	int exitcode;

	if (!made)
		return secrets_fail(s, EXIT_FAILED, value->place,
				    "%s is not of hcstate's making: hcstate secrets set %s takes a "
				    "new value",
				    value->name, value->name);
	if (made->form->holder)
		return secrets_fail(s, EXIT_FAILED, value->place,
				    "%s has this key too, and would not know a new one: change it "
				    "in %s, then hcstate secrets set %s",
				    made->form->holder, made->form->holder, value->name);
	exitcode = secrets_check_recovery(s);
	return exitcode ? exitcode : make(s, made);
}

int secrets_rotate(struct secrets *s)
{
	const char *name = s->options->args[1];
	const char *slash = strchrnul(name, '/');
	const struct hc_resource *secret =
		secrets_find(s, hc_strndup(s->arena, name, (size_t)(slash - name)));
	const struct hc_resource *value = NULL;
	const char *key;
	bool found = false;
	int exitcode = EXIT_DONE;

	if (!secret)
		return secrets_fail(s, EXIT_FAILED, nowhere, "the manifests have no Secret %.*s",
				    (int)(slash - name), name);
	if (names_certificates(s, name, &key))
		return certificates_rotate(s, key);
	while (!exitcode && (value = secrets_next(s, secret, value))) {
		if (!wanted(value, name))
			continue;
		found = true;
		exitcode = rotate_value(s, value);
	}
	if (!exitcode && !found)
		return secrets_fail(s, EXIT_FAILED, secret->place, "Secret %s has no value %s",
				    secret->name, *slash ? slash + 1 : "");
	return exitcode;
}
