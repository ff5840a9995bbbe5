/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads interfaces(5), which ifupdown and ifupdown2 share, just as far as to tell which lines are
 * about which link, in the file and in those that it includes. A link that is configured there and
 * by us would be set up twice at boot, by two programs that do not know of each other.
 *
 * A stanza begins with `iface LINK ...` and goes on until the next word that begins one. A stanza
 * of method `manual` without options configures nothing and is left alone. A link is configured as
 * well where the stanza of a bridge, a bond or a VLAN names it. A line that ends with a backslash
 * goes on in the next one.
 *
 * Finding and taking over are one walk: to take over a link, each line is written again, those
 * about the link as a comment.
 */

#include "ifupdown.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/file.h>

enum {
	DEEPEST = 8,          /* files that include files */
	LARGEST = 1024 * 1024 /* bytes of a file */
};

#define MARK "# hcstate: "

struct walk {
	struct hc_call *call;
	struct hc_map *places; /* reading: what was found */
	const char *adopt;     /* taking over: this link */
	int depth;
};

/* One file of the walk. */
struct file {
	struct walk *walk;
	const char *path;
	char *link;      /* whose stanza this is; NULL: nobody's */
	unsigned line;   /* of the physical line */
	unsigned begun;  /* of the stanza */
	bool noted;      /* the stanza is in `places` */
	bool commenting; /* the logical line is one to take over */
	bool changed;
	FILE *out; /* taking over: the new text */
};

static int walk_file(struct walk *walk, const char *path);

static const char *const starts[] = {
	"mapping", "auto",     "source", "source-directory", "no-auto-down", "no-scripts",
	"rename",  "template", NULL,
};

static bool starts_stanza(const char *word)
{
	for (size_t i = 0; starts[i]; i++)
		if (!strcmp(word, starts[i]))
			return true;
	return !strncmp(word, "allow-", 6);
}

static bool names_links(const char *word)
{
	return !strcmp(word, "auto") || !strncmp(word, "allow-", 6);
}

static void put_place(struct file *file, const char *link, unsigned line)
{
	struct walk *walk = file->walk;
	struct hc_arena *arena = walk->call->arena;
	const char *before;

	if (!walk->places)
		return;
	before = hc_map_get(walk->places, link);
	hc_map_put(arena, walk->places, hc_strdup(arena, link),
		   hc_printf(arena, "%s%s%s:%u", before ? before : "", before ? ", " : "",
			     file->path, line));
}

static void note(struct file *file)
{
	if (!file->link || file->noted)
		return;
	put_place(file, file->link, file->begun);
	file->noted = true;
}

/* iface LINK[:LABEL] FAMILY METHOD */
static void begin_iface(struct file *file, char **rest)
{
	char *link = strtok_r(NULL, " \t", rest), *method;

	(void)strtok_r(NULL, " \t", rest); /* the family, or `inherits` */
	method = strtok_r(NULL, " \t", rest);
	file->link = link ? hc_strndup(file->walk->call->arena, link, strcspn(link, ":")) : NULL;
	file->begun = file->line;
	file->noted = false;
	if (!method || strcmp(method, "manual") != 0)
		note(file);
}

static int include(struct file *file, const char *pattern)
{
	struct hc_arena *arena = file->walk->call->arena;
	size_t directory = strrchr(file->path, '/') - file->path;
	glob_t found;
	int r = 0;

	if (*pattern != '/')
		pattern = hc_printf(arena, "%.*s/%s", (int)directory, file->path, pattern);
	if (glob(pattern, 0, NULL, &found))
		return 0; /* nothing matches */
	for (size_t i = 0; i < found.gl_pathc && r >= 0; i++)
		r = walk_file(file->walk, found.gl_pathv[i]);
	globfree(&found);
	return r;
}

/* As interfaces(5): only names of letters, digits, - and _ count. */
static int include_directory(struct file *file, const char *path)
{
	struct hc_arena *arena = file->walk->call->arena;
	size_t directory = strrchr(file->path, '/') - file->path;
	glob_t found;
	int r = 0;

	if (*path != '/')
		path = hc_printf(arena, "%.*s/%s", (int)directory, file->path, path);
	if (glob(hc_printf(arena, "%s/*", path), 0, NULL, &found))
		return 0;
	for (size_t i = 0; i < found.gl_pathc && r >= 0; i++) {
		const char *name = strrchr(found.gl_pathv[i], '/') + 1;

		if (!name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789-_")])
			r = walk_file(file->walk, found.gl_pathv[i]);
	}
	globfree(&found);
	return r;
}

/* auto LINK...: without the link that is taken over; with no other left it is only a comment. */
static void rewrite_names(struct file *file, const char *word, char *rest)
{
	const char *adopt = file->walk->adopt;
	struct hc_arena *arena = file->walk->call->arena;
	const char *others = "";
	bool named = false;

	for (char *name = strtok_r(NULL, " \t", &rest); name; name = strtok_r(NULL, " \t", &rest))
		if (!strncmp(name, adopt, strcspn(name, ":")) && !adopt[strcspn(name, ":")])
			named = true;
		else
			others = hc_printf(arena, "%s %s", others, name);
	file->commenting = named;
	if (named && *others)
		(void)fprintf(file->out, "%s%s\n", word, others);
}

/* Options by which another link's stanza configures the links that they name. */
static bool takes_links(const char *word)
{
	static const char *const options[] = {
		"bridge_ports", "bridge-ports",    "bond-slaves",     "bond_slaves",
		"slaves",       "vlan-raw-device", "vlan_raw_device",
	};

	for (size_t i = 0; i < HC_COUNT(options); i++)
		if (!strcmp(word, options[i]))
			return true;
	return false;
}

/* Such an option: its links are noted, or the one that is taken over is left out. */
static void take_links(struct file *file, const char *word, char *rest)
{
	struct hc_arena *arena = file->walk->call->arena;
	char *indented = hc_printf(arena, "\t%s", word);

	if (file->walk->adopt) {
		rewrite_names(file, indented, rest);
		return;
	}
	for (char *name = strtok_r(NULL, " \t", &rest); name; name = strtok_r(NULL, " \t", &rest))
		if (strcmp(name, "none") != 0 && (!file->link || strcmp(name, file->link) != 0))
			put_place(file, name, file->line);
}

static int begin_line(struct file *file, const char *text)
{
	char *copy = hc_strdup(file->walk->call->arena, text), *rest;
	const char *word = strtok_r(copy, " \t", &rest);

	file->commenting = false;
	if (!word || *word == '#')
		return 0;
	if (!strcmp(word, "iface"))
		begin_iface(file, &rest);
	else if (starts_stanza(word))
		file->link = NULL;
	else
		note(file);
	if (file->walk->adopt && file->link)
		file->commenting = !strcmp(file->link, file->walk->adopt);
	if (file->walk->adopt && names_links(word))
		rewrite_names(file, word, rest);
	if (takes_links(word) && !file->commenting)
		take_links(file, word, rest);
	if (!strncmp(word, "source", 6)) {
		const char *what = strtok_r(NULL, " \t", &rest);

		if (what)
			return word[6] ? include_directory(file, what) : include(file, what);
	}
	return 0;
}

/* How many of the lines there make one: all but the last end with a backslash. */
static size_t count_lines(const char *text)
{
	size_t n = 1;

	if (text[strspn(text, " \t")] == '#')
		return 1;
	for (const char *end = strchr(text, '\n'); end && end > text && end[-1] == '\\' && end[1];
	     end = strchr(end + 1, '\n'))
		n++;
	return n;
}

static void put_lines(struct file *file, const char *text, size_t size)
{
	const char *mark = file->commenting ? MARK : "";

	for (const char *end = text + size; file->out && text < end;) {
		size_t length = strcspn(text, "\n");

		(void)fprintf(file->out, "%s%.*s\n", mark, (int)length, text);
		text += length + 1;
	}
	file->changed |= file->commenting;
}

/* The lines as one, a blank for each break. */
static char *join(struct hc_arena *arena, const char *text, size_t size)
{
	char *joined = hc_strndup(arena, text, size);

	for (char *c = joined; *c; c++)
		if (c[0] == '\n') {
			c[0] = ' ';
			if (c > joined && c[-1] == '\\')
				c[-1] = ' ';
		}
	return joined;
}

static int take_lines(struct file *file, const char *text)
{
	int r = 0;

	file->line = 1;
	while (*text && r >= 0) {
		size_t n = count_lines(text), size = 0;

		for (size_t i = 0; i < n; i++)
			size += strcspn(text + size, "\n") + (i + 1 < n);
		r = begin_line(file, join(file->walk->call->arena, text, size));
		put_lines(file, text, size ? size : 1);
		text += size + (text[size] == '\n');
		file->line += (unsigned)n;
	}
	return r;
}

static const char *kept_as(struct hc_arena *arena, const struct file *file)
{
	const char *name = strrchr(file->path, '/') + 1;

	return hc_printf(arena, "%.*s%s%s.hcstate-orig", (int)(name - file->path), file->path,
			 file->walk->depth > 1 ? "." : "", name);
}

static int replace(struct file *file, const char *before, const char *after)
{
	struct hc_call *call = file->walk->call;
	const char *kept = kept_as(call->arena, file);
	struct stat st = {.st_mode = 0644};
	int r = 0;

	(void)stat(file->path, &st); /* it was read just now */
	if (access(kept, F_OK))
		r = hc_file_write(kept, st.st_mode & 07777, before, strlen(before));
	if (!r)
		r = hc_file_write(file->path, st.st_mode & 07777, after, strlen(after));
	return r < 0 ? hc_fail(call, -r, NULL, "cannot write %s: %s", file->path, strerror(-r)) : 0;
}

static int walk_text(struct file *file, const char *text)
{
	_cleanup_(hc_freep) char *after = NULL;
	size_t size;
	int r;

	if (file->walk->adopt) {
		file->out = open_memstream(&after, &size);
		if (!file->out)
			abort();
	}
	r = take_lines(file, text);
	if (file->out && fclose(file->out))
		abort();
	return r >= 0 && file->changed ? replace(file, text, after ? after : "") : r;
}

static int walk_file(struct walk *walk, const char *path)
{
	struct file file = {.walk = walk, .path = hc_strdup(walk->call->arena, path)};
	char *text;
	size_t size;
	int r;

	if (walk->depth == DEEPEST)
		return hc_fail(walk->call, ELOOP, NULL, "%s: more than %d files include each other",
			       path, DEEPEST);
	r = hc_file_read(walk->call->arena, path, LARGEST, &text, &size);
	if (r == -ENOENT || r == -EISDIR)
		return 0;
	if (r < 0)
		return hc_fail(walk->call, -r, NULL, "cannot read %s: %s", path, strerror(-r));
	walk->depth++;
	r = walk_text(&file, text);
	walk->depth--;
	return r;
}

int ifupdown_read(struct hc_call *call, const char *path, struct hc_map *places)
{
	struct walk walk = {.call = call, .places = places};

	return walk_file(&walk, path);
}

int ifupdown_adopt(struct hc_call *call, const char *path, const char *link)
{
	struct walk walk = {.call = call, .adopt = link};

	return walk_file(&walk, path);
}
