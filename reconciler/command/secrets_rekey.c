/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate secrets rekey: after a node came or left, every value is opened once and sealed anew to
 * those who are there now. Sealing anew takes nothing from a node that left: it knew the values, so
 * they are named, to be rotated.
 *
 * The recovery key's box needs the recovery key's public half. Where nobody gave it the old box
 * stays: the value in it is the same.
 */

#include "secrets.h"

#include <stdio.h>
#include <string.h>

#include <hcstate/secret.h>
#include <hcstate/vm.h>

static const struct hc_place nowhere;

/* What takes a value from somebody who knew it. */
static const char *remedy(struct secrets *s, const struct hc_resource *value)
{
	const struct hc_label label = hc_secret_label(value);
	const struct made_value *made = made_value(s, label.secret, label.key);
	const char *holder = made ? made->form->holder : NULL;

	if (holder)
		return hc_printf(s->arena, "change it in %s, then hcstate secrets set %s", holder,
				 value->name);
	return hc_printf(s->arena, "hcstate secrets %s %s", made ? "rotate" : "set", value->name);
}

static void tell_who_knew(struct secrets *s, const struct hc_resource *value)
{
	const struct hc_secret_value *spec = value->spec;
	const struct hc_label label = hc_secret_label(value);
	const struct made_value *made = made_value(s, label.secret, label.key);

	for (size_t i = 0; !(made && made->open) && i < spec->sealed.n; i++) {
		const char *name = spec->sealed.v[i].key;

		if (strcmp(name, HC_RECOVERY) != 0 && !hc_recipient_named(&s->recipients, name))
			hc_say(&s->diags, HC_WARNING, nowhere, "%s knew %s: %s", name, value->name,
			       remedy(s, value));
	}
}

/* The node that it was for is gone: nobody needs it any more. */
static bool is_orphan(const struct secrets *s, const struct hc_label *label)
{
	size_t owner = hc_label_owner(label);

	return owner &&
	       !hc_recipient_named(&s->recipients, hc_strndup(s->arena, label->key, owner));
}

static void drop_orphan(struct secrets *s, const struct hc_resource *value,
			const struct hc_label *label)
{
	int owner = (int)hc_label_owner(label);

	secrets_drop(s, value->name);
	if (!strcmp(label->key + owner, HC_LIBVIRT_KEY))
		hc_say(&s->diags, HC_WARNING, nowhere,
		       "the certificate of %.*s is good for years: hcstate secrets "
		       "rotate " HC_LIBVIRT_SECRET " shuts it out",
		       owner, label->key);
}

static int rekey_value(struct secrets *s, const struct hc_resource *value,
		       const struct opener *opener)
{
	const struct hc_label label = hc_secret_label(value);
	const struct hc_secret_value *old = value->spec;
	const char *box = hc_map_get(&old->sealed, HC_RECOVERY), *why;
	struct hc_secret_value *renewed;
	uint8_t *data;
	size_t size;

	if (is_orphan(s, &label)) {
		drop_orphan(s, value, &label);
		return EXIT_DONE;
	}
	/* for another node alone: it stays as it is */
	if (!opener->guessed && !hc_recipient_reads(opener->name, &label))
		return EXIT_DONE;
	if (hc_secret_unseal(s->arena, value, opener->name, opener->key, &data, &size, &why))
		return secrets_fail(s, EXIT_FAILED, value->place, "%s (with the key in %s%s)", why,
				    s->options->key_file,
				    opener->guessed ? ", which no NodeKey has and so was taken for "
						      "the recovery key"
						    : "");
	renewed = secrets_seal(s, label.secret, label.key, data, size);
	hc_guarded_free(data);
	if (!renewed)
		return EXIT_FAILED;
	if (box && !hc_recipient_named(&s->recipients, HC_RECOVERY))
		hc_map_put(s->arena, &renewed->sealed, HC_RECOVERY, box);
	tell_who_knew(s, value);
	return EXIT_DONE;
}

/* All Secrets; goes on after an error, so that one run tells of every value that does not open. */
static int rekey_all(struct secrets *s, const struct opener *opener)
{
	size_t n;
	struct hc_resource *const *secrets = hc_of_type(&s->generation->desired, &hc_secret, &n);
	int exitcode = EXIT_DONE;

	if (!n)
		return secrets_fail(
			s, EXIT_FAILED, nowhere,
			"the manifests have no Secret: hcstate secrets init makes them");
	for (size_t i = 0; i < n; i++) {
		const struct hc_resource *value = NULL;

		while ((value = secrets_next(s, secrets[i], value)))
			if (rekey_value(s, value, opener))
				exitcode = EXIT_FAILED;
	}
	return exitcode;
}

int secrets_rekey(struct secrets *s)
{
	_cleanup_(opener_close) struct opener opener = {0};
	const char *why;
	int exitcode;

	if (secrets_read_opener(s, &opener, &why))
		return secrets_fail(s, EXIT_FAILED, nowhere, "%s", why);
	exitcode = rekey_all(s, &opener);
	return exitcode ? exitcode : certificates_rekey(s, &opener);
}
