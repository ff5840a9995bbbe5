/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hcstate itself writes into manifests: NodeKey, Secret and CephFsid documents. All that is in
 * them are names, base64 and UUIDs, one box a line: a rekey then changes only the lines of those
 * who came or left. Every document begins with ---, so that outputs can be put one behind the other
 * in a file.
 */

#include "secret_text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <hcstate/ceph_cluster.h>
#include <hcstate/secret.h>

#include "secret.h"

/* Whether YAML reads it as text when it has no quotes around it. */
static bool is_plain(const char *name)
{
	static const char *const words[] = {"true", "false", "null", "yes", "no",
					    "on",   "off",   "y",    "n"};

	for (size_t i = 0; i < HC_COUNT(words); i++)
		if (!strcasecmp(name, words[i]))
			return false;
	return isalpha((unsigned char)*name) && !name[strspn(name, HC_SECRET_NAME)];
}

static void put_name(FILE *out, const char *name)
{
	if (is_plain(name)) {
		fputs(name, out);
		return;
	}
	fputc('"', out);
	for (const char *c = name; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			fprintf(out, "\\x%02x", (unsigned char)*c);
		else
			fprintf(out, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
	}
	fputc('"', out);
}

static void put_head(FILE *out, const struct hc_type *type, const char *name)
{
	fprintf(out, "---\napiVersion: hcstate/v1\nkind: %s\nmetadata:\n  name: ", type->name);
	put_name(out, name);
	fputs("\nspec:\n", out);
}

void hc_node_key_print(FILE *out, const char *name, const uint8_t public_key[HC_KEY_SIZE])
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	put_head(out, &hc_node_key, name);
	fprintf(out, "  public_key: %s\n", hc_public_key_text(arena, public_key));
}

static void put_value(FILE *out, const struct hc_resource *value)
{
	const struct hc_secret_value *spec = value->spec;

	fputs("    ", out);
	put_name(out, hc_secret_label(value).key);
	fputs(":\n      sealed:\n", out);
	for (size_t i = 0; i < spec->sealed.n; i++) {
		fputs("        ", out);
		put_name(out, spec->sealed.v[i].key);
		fprintf(out, ": %s\n", spec->sealed.v[i].value);
	}
}

static void put_secret(FILE *out, const struct hc_resource *secret,
		       struct hc_resource *const *values, size_t n)
{
	const struct hc_secret *spec = secret->spec;
	const char *head = "  values:\n";

	put_head(out, &hc_secret, secret->name);
	fputs("  cluster: ", out);
	put_name(out, spec->cluster);
	fputc('\n', out);
	for (size_t i = 0; i < n; i++) {
		if (values[i]->parent != secret)
			continue;
		fputs(head, out);
		put_value(out, values[i]);
		head = "";
	}
}

void hc_secrets_print(FILE *out, const struct hc_set *set)
{
	size_t n, nvalue, nfsid;
	struct hc_resource *const *secrets = hc_of_type(set, &hc_secret, &n);
	struct hc_resource *const *values = hc_of_type(set, &hc_secret_value, &nvalue);
	struct hc_resource *const *fsids = hc_of_type(set, &hc_ceph_fsid, &nfsid);

	for (size_t i = 0; i < nfsid; i++) {
		const struct hc_ceph_fsid *spec = fsids[i]->spec;

		put_head(out, &hc_ceph_fsid, fsids[i]->name);
		fprintf(out, "  fsid: %s\n", spec->fsid);
	}
	for (size_t i = 0; i < n; i++)
		put_secret(out, secrets[i], values, nvalue);
}
