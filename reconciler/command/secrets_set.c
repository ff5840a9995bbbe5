/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate secrets set SECRET/KEY: a value of the operator's own, from stdin, byte for byte (so
 * `printf %s`, not `echo`, when a line's end must not be in it). Not from the command line, which
 * every process can see, and not from a terminal, which would show it.
 */

#include "secrets.h"

#include <errno.h>
#include <string.h>

#include <hcstate/secret.h>

static const struct hc_place nowhere;

/* All of stdin into guarded memory of HC_SECRET_MAX + 1 bytes. 0, or the exit code. */
static int read_value(struct secrets *s, uint8_t *data, size_t *size)
{
	*size = 0;
	if (isatty(STDIN_FILENO))
		return secrets_fail(s, EXIT_USAGE, nowhere,
				    "the value is read from stdin, which is a terminal: hcstate "
				    "secrets set %s <FILE",
				    s->options->args[1]);
	while (*size <= HC_SECRET_MAX) {
		ssize_t n = read(STDIN_FILENO, data + *size, HC_SECRET_MAX + 1 - *size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return secrets_fail(s, EXIT_FAILED, nowhere, "cannot read stdin: %s",
					    strerror(errno));
		if (n == 0)
			break;
		*size += (size_t)n;
	}
	if (!*size)
		return secrets_fail(s, EXIT_FAILED, nowhere, "the value on stdin is empty");
	if (*size > HC_SECRET_MAX)
		return secrets_fail(s, EXIT_FAILED, nowhere,
				    "the value on stdin is longer than %d bytes", HC_SECRET_MAX);
	return EXIT_DONE;
}

/* Cuts SECRET/KEY. false: it is something else, which is said. */
static bool cut_name(struct secrets *s, const char **secret, const char **key)
{
	const char *name = s->options->args[1], *slash = strchr(name, '/');
	size_t size = slash ? (size_t)(slash - name) : 0;

	if (!size || strspn(name, HC_SECRET_NAME) != size || !slash[1] ||
	    slash[1 + strspn(slash + 1, HC_SECRET_NAME)]) {
		secrets_fail(s, EXIT_USAGE, nowhere,
			     "%s: a value is called SECRET/KEY, both of letters, digits, "
			     "'.', '_' and '-'",
			     name);
		return false;
	}
	*secret = hc_strndup(s->arena, name, size);
	*key = slash + 1;
	return true;
}

static int check_form(struct secrets *s, const struct made_value *made, const uint8_t *data,
		      size_t size)
{
	const char *why = made ? made->form->check(s->arena, data, size) : NULL;

	if (!why)
		return EXIT_DONE;
	return secrets_fail(s, EXIT_FAILED, nowhere, "%s/%s %s", made->secret, made->key, why);
}

int secrets_set(struct secrets *s)
{
	const char *name, *key;
	uint8_t *data;
	size_t size;
	int exitcode;

	if (!cut_name(s, &name, &key))
		return EXIT_USAGE;
	if (!secrets_find(s, name) && !secrets_cluster(s))
		return EXIT_MANIFEST;
	exitcode = secrets_check_recovery(s);
	if (exitcode)
		return exitcode;
	data = hc_guarded_alloc(HC_SECRET_MAX + 1);
	exitcode = read_value(s, data, &size);
	if (!exitcode)
		exitcode = check_form(s, made_value(s, name, key), data, size);
	if (!exitcode && !secrets_seal(s, name, key, data, size))
		exitcode = EXIT_FAILED;
	hc_guarded_free(data);
	return exitcode;
}
