/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corosync.conf(5). Rendered from the manifests: all nodes get the same bytes behind the comments
 * at the top, so that a digest of those tells whether they agree. The comments say whose file it
 * is: a machine that is called by a wrong name finds its own there.
 *
 * Parsed only when corosync does not run, to know what would run; the result has the keys that
 * corosync itself would put into its cmap, so the rest of the provider does not care where the
 * settings came from.
 */

#include "conf.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MARK "# Made by hcstate from the manifests; what is changed here is undone."
#define OWNER "# This is the file of node "

static void render_links(FILE *out, const struct parts *parts)
{
	for (size_t i = 0; i < parts->nlink; i++) {
		const struct hc_cluster_link *link = parts->links[i]->spec;

		fprintf(out, "\tinterface {\n\t\tlinknumber: %u\n", link->number);
		fprintf(out, "\t\tknet_link_priority: %u\n", link->knet_link_priority);
		if (link->mcastport)
			fprintf(out, "\t\tmcastport: %u\n", link->mcastport);
		fprintf(out, "\t}\n");
	}
}

static void render_totem(FILE *out, const struct parts *parts, uint64_t config_version)
{
	const struct hc_cluster *c = parts_cluster(parts);

	fprintf(out, "totem {\n\tversion: 2\n");
	fprintf(out, "\tcluster_name: %s\n", c->cluster_name ? c->cluster_name : "");
	fprintf(out, "\tconfig_version: %" PRIu64 "\n", config_version);
	fprintf(out, "\ttransport: %s\n", hc_transport_words[c->transport]);
	fprintf(out, "\tcrypto_cipher: %s\n", hc_cipher_words[c->crypto_cipher]);
	fprintf(out, "\tcrypto_hash: %s\n", hc_hash_words[c->crypto_hash]);
	fprintf(out, "\tlink_mode: %s\n", hc_link_mode_words[c->link_mode]);
	if (c->token)
		fprintf(out, "\ttoken: %u\n", c->token);
	if (c->consensus)
		fprintf(out, "\tconsensus: %u\n", c->consensus);
	render_links(out, parts);
	fprintf(out, "}\n\n");
}

static void render_node(FILE *out, const struct hc_resource *r)
{
	const struct hc_node *node = r->spec;

	fprintf(out, "\tnode {\n\t\tname: %s\n\t\tnodeid: %u\n", r->name, node->id);
	fprintf(out, "\t\tquorum_votes: %u\n", node->quorum_votes);
	for (size_t i = 0; i < node->links.n; i++)
		fprintf(out, "\t\tring%d_addr: %s\n", hc_link_number(node->links.v[i].key),
			node->links.v[i].value);
	fprintf(out, "\t}\n");
}

char *conf_render(struct hc_arena *arena, const struct parts *parts, uint64_t config_version,
		  const char *node)
{
	_cleanup_(hc_freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert(out);
	fprintf(out, MARK "\n");
	if (node)
		fprintf(out, OWNER "%s\n", node);
	render_totem(out, parts, config_version);
	fprintf(out, "nodelist {\n");
	for (size_t i = 0; i < parts->nnode; i++)
		render_node(out, parts->nodes[i]);
	fprintf(out, "}\n\nquorum {\n\tprovider: corosync_votequorum\n");
	if (parts_cluster(parts)->two_node)
		fprintf(out, "\ttwo_node: 1\n");
	fprintf(out, "}\n\nlogging {\n\tto_logfile: no\n\tto_syslog: yes\n}\n");
	if (fclose(out))
		abort(); /* memory has run out */
	return hc_strdup(arena, text);
}

bool conf_is_ours(const char *text)
{
	return !strncmp(text, MARK, strlen(MARK));
}

const char *conf_owner(struct hc_arena *arena, const char *text)
{
	const char *line = text + strcspn(text, "\n");

	if (!conf_is_ours(text) || !*line || strncmp(++line, OWNER, strlen(OWNER)))
		return NULL;
	line += strlen(OWNER);
	return hc_strndup(arena, line, strcspn(line, "\n"));
}

char *conf_digest(struct hc_arena *arena, const char *text)
{
	while (*text == '#') {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return hc_digest(arena, text, strlen(text));
}

/* Where the parser is in the file. */
struct place {
	struct hc_arena *arena;
	struct hc_map *keys;
	char *path[8];           /* names of the open sections */
	size_t depth;            /* may be beyond path: then nothing is taken */
	unsigned node;           /* how many node sections came before */
	struct hc_map interface; /* what the open interface section says */
};

static void take(struct place *p, const char *key, const char *value)
{
	if (p->depth == 2 && !strcmp(p->path[1], "node"))
		hc_map_put(p->arena, p->keys,
			   hc_printf(p->arena, "nodelist.node.%u.%s", p->node, key), value);
	else if (p->depth == 2 && !strcmp(p->path[1], "interface"))
		hc_map_put(p->arena, &p->interface, key, value);
	else if (p->depth == 1)
		hc_map_put(p->arena, p->keys, hc_printf(p->arena, "%s.%s", p->path[0], key), value);
}

/* Which link an interface section is about may be its last line. */
static void take_interface(struct place *p)
{
	const char *number = hc_map_get(&p->interface, "linknumber");

	for (size_t i = 0; i < p->interface.n; i++)
		hc_map_put(p->arena, p->keys,
			   hc_printf(p->arena, "totem.interface.%s.%s", number ? number : "0",
				     p->interface.v[i].key),
			   p->interface.v[i].value);
	p->interface = (struct hc_map){0};
}

static void open_section(struct place *p, char *name)
{
	if (p->depth < HC_COUNT(p->path))
		p->path[p->depth] = name;
	p->depth++;
}

static void close_section(struct place *p)
{
	if (!p->depth)
		return;
	if (p->depth == 2 && !strcmp(p->path[1], "node"))
		p->node++;
	if (p->depth == 2 && !strcmp(p->path[1], "interface"))
		take_interface(p);
	p->depth--;
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

static void parse_line(struct place *p, char *line)
{
	char *mark;

	line = trim(line);
	if (*line == '#' || !*line)
		return;
	mark = strpbrk(line, ":{");
	if (!strcmp(line, "}")) {
		close_section(p);
	} else if (mark && *mark == '{') {
		*mark = '\0';
		open_section(p, trim(line));
	} else if (mark) {
		*mark = '\0';
		take(p, trim(line), trim(mark + 1));
	}
}

void conf_parse(struct hc_arena *arena, const char *text, struct hc_map *keys)
{
	struct place place = {.arena = arena, .keys = keys};
	char *rest = hc_strdup(arena, text), *line;

	while ((line = strsep(&rest, "\n")))
		parse_line(&place, line);
}

static char *line_of(struct hc_arena *arena, const char *text)
{
	size_t size = strcspn(text, "\n");

	if (!size)
		return hc_strdup(arena, *text ? "(empty)" : "(end)");
	return trim(hc_strndup(arena, text, size > 80 ? 80 : size));
}

char *conf_difference(struct hc_arena *arena, const char *have, const char *want)
{
	for (unsigned line = 1;; line++) {
		size_t h = strcspn(have, "\n"), w = strcspn(want, "\n");

		if (h != w || strncmp(have, want, h) || !have[h] || !want[w])
			return hc_printf(arena, "line %u: %s -> %s", line, line_of(arena, have),
					 line_of(arena, want));
		have += h + 1;
		want += w + 1;
	}
}
