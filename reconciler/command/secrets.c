/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate secrets init|list|rekey|rotate|set: Secret documents from the manifests' NodeKey and
 * Secret documents. Sealing needs public keys only, so all but rekey work without any private key,
 * on any machine that has the manifests; but another node's certificate needs the recovery key.
 *
 * All Secret and CephFsid documents go to stdout, with what is new in them, or nothing does;
 * putting them in the place of the old ones is the operator's (and git's) business. Values pass
 * through guarded memory only. There is no verb that shows one.
 */

#include "secrets.h"

#include <string.h>

#include <hcstate/secret.h>
#include <reconciler/secret_text.h>

static int list(struct secrets *s)
{
	size_t n;
	struct hc_resource *const *values =
		hc_of_type(&s->generation->desired, &hc_secret_value, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_secret_value *spec = values[i]->spec;

		fputs(values[i]->name, stdout);
		for (size_t j = 0; j < spec->sealed.n; j++)
			printf(" %s", spec->sealed.v[j].key);
		putchar('\n');
	}
	return EXIT_DONE;
}

static const struct verb {
	const char *name;
	int narg;
	int (*run)(struct secrets *s);
} verbs[] = {
	{"init", 0, secrets_init},     {"list", 0, list},       {"rekey", 0, secrets_rekey},
	{"rotate", 1, secrets_rotate}, {"set", 1, secrets_set},
};

static const struct verb *find_verb(const struct options *options)
{
	const char *name = options->narg ? options->args[0] : "";

	for (size_t i = 0; i < HC_COUNT(verbs); i++)
		if (!strcmp(verbs[i].name, name) && options->narg == 1 + verbs[i].narg)
			return &verbs[i];
	fputs("usage: hcstate secrets init|list|rekey [OPTION...]\n"
	      "       hcstate secrets rotate SECRET[/KEY] [OPTION...]\n"
	      "       hcstate secrets set SECRET/KEY [OPTION...] <FILE\n",
	      stderr);
	return NULL;
}

static int find_recipients(struct secrets *s)
{
	uint8_t recovery[HC_KEY_SIZE];
	bool given;
	int exitcode = secrets_read_recovery(s, recovery, &given);

	if (exitcode)
		return exitcode;
	if (hc_recipients_find(&s->generation->desired, given ? recovery : NULL, &s->diags,
			       &s->recipients))
		return EXIT_MANIFEST;
	return EXIT_DONE;
}

static int run(struct secrets *s, const struct verb *verb)
{
	int exitcode = EXIT_DONE;

	hc_registry_load(s->registry, NULL);
	s->generation = command_load(s->options, s->registry, &exitcode);
	if (!s->generation)
		return exitcode;
	if (verb->run != list) {
		made_values_find(s);
		secrets_keep(s);
		exitcode = find_recipients(s);
	}
	if (!exitcode)
		exitcode = verb->run(s);
	hc_diags_print(&s->diags, stderr);
	if (!exitcode) {
		hc_set_sort(&s->renewed);
		hc_secrets_print(stdout, &s->renewed);
	}
	return exitcode;
}

int command_secrets(const struct options *options)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct secrets s = {.options = options, .arena = arena};
	const struct verb *verb = find_verb(options);
	int exitcode;

	if (!verb)
		return EXIT_USAGE;
	s.diags.arena = arena;
	s.renewed.arena = arena;
	s.registry = hc_registry_new();
	exitcode = run(&s, verb);
	s.generation = hc_generation_free(s.generation);
	s.registry = hc_registry_free(s.registry);
	return exitcode;
}
