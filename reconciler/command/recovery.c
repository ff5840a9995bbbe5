/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --recovery-key: the public half of a key that is kept away from the nodes, for the day when none
 * of them can open the secrets any more. Given as base64 or as the file of its NodeKey document.
 *
 * A private key's file in its place is an easy slip. It is refused before the loader sees it, whose
 * messages show the line they are about.
 */

#include "secrets.h"

#include <string.h>

#include <hcstate/secret.h>

static const struct hc_place nowhere;

static int read_document(struct secrets *s, const char *path, uint8_t public_key[HC_KEY_SIZE])
{
	const char *const paths[] = {path, NULL};
	struct hc_generation *generation = hc_load(s->registry, paths);
	struct hc_resource *const *keys;
	int exitcode = EXIT_MANIFEST;
	const char *why;
	size_t n;

	keys = hc_of_type(&generation->desired, &hc_node_key, &n);
	if (generation->diags.errors)
		hc_diags_print(&generation->diags, stderr);
	else if (n != 1)
		secrets_fail(s, 0, nowhere,
			     "--recovery-key: %s should hold one NodeKey document, not %zu", path,
			     n);
	else if (hc_public_key_parse(((const struct hc_node_key *)keys[0]->spec)->public_key,
				     public_key, &why))
		secrets_fail(s, 0, nowhere, "--recovery-key: %s: %s", path, why);
	else
		exitcode = EXIT_DONE;
	(void)hc_generation_free(generation);
	return exitcode;
}

int secrets_read_recovery(struct secrets *s, uint8_t public_key[HC_KEY_SIZE], bool *given)
{
	const char *text = s->options->recovery_key, *why;

	*given = text != NULL;
	if (!text || !hc_public_key_parse(text, public_key, &why))
		return EXIT_DONE;
	if (access(text, F_OK) != 0)
		return secrets_fail(s, EXIT_USAGE, nowhere,
				    "--recovery-key: neither a file nor a public key: %s", why);
	if (hc_key_is_private(text))
		return secrets_fail(s, EXIT_USAGE, nowhere,
				    "--recovery-key: %s is a private key; give what hcstate keygen "
				    "--key-file %s prints",
				    text, text);
	return read_document(s, text, public_key);
}
