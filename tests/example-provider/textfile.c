/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An example of a provider: text files in one directory ($TEXTFILE_DIR, else /etc/motd.d), each a
 * resource. It is built out of tree, from the installed headers and libhcstate alone;
 * docs/providers.md leads through it.
 */

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/inotify.h>

#include <hcstate/file.h>
#include <hcstate/provider.h>

enum {
	LARGEST = 4096,
};

/* The struct of the kind: what should be and what is. */
struct textfile {
	const char *text;
	bool last_newline;
};

/* And its table: a row per field. */
static const struct hc_field textfile_fields[] = {
	hc_string(struct textfile, text, .doc = "What is in the file.", .absent = HC_REQUIRED,
		  .max = LARGEST),
	hc_bool(struct textfile, last_newline, .doc = "Whether it ends with a newline.",
		.absent = HC_RESET, .unset = "true"),
};

static const struct hc_type textfile_type = {
	.name = "TextFile",
	.doc = "A text file; its name is the file's.",
	HC_FIELDS(textfile_fields),
	.size = sizeof(struct textfile),
};

/* What the provider keeps between calls. */
struct directory {
	char *path;
	int watch;
};

static void textfile_close(void *self)
{
	struct directory *directory = self;

	if (!directory)
		return;
	if (directory->watch >= 0)
		(void)close(directory->watch); /* it was only read */
	free(directory->path);
	free(directory);
}

static int textfile_open(struct hc_call *call, void **self, int *watch)
{
	const char *set = getenv("TEXTFILE_DIR"), *path = set ? set : "/etc/motd.d";
	struct directory *directory = calloc(1, sizeof(*directory));

	if (!directory)
		return hc_fail(call, ENOMEM, NULL, "no memory");
	directory->path = strdup(path);
	directory->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (!directory->path || directory->watch < 0 ||
	    inotify_add_watch(directory->watch, directory->path,
			      IN_CLOSE_WRITE | IN_MOVE | IN_DELETE) < 0) {
		int error = errno;

		textfile_close(directory);
		return hc_fail(call, error, NULL, "cannot watch %s: %s", path, strerror(error));
	}
	*watch = directory->watch;
	*self = directory;
	return 0;
}

static int read_one(struct hc_call *call, const struct directory *directory, const char *name,
		    struct hc_state *live)
{
	struct hc_resource *r;
	struct textfile *file;
	size_t size;
	char *text;
	int error =
		hc_file_read(call->arena, hc_printf(call->arena, "%s/%s", directory->path, name),
			     LARGEST, &text, &size);

	if (error == -ENOENT || error == -EISDIR)
		return 0; /* it has gone by now, or is none of ours */
	if (error)
		return hc_fail(call, -error, NULL, "cannot read %s: %s", name, strerror(-error));
	r = hc_resource_new(&live->found, &textfile_type, call->node, name);
	file = r->spec;
	file->last_newline = size && text[size - 1] == '\n';
	file->text = hc_strndup(call->arena, text, size - file->last_newline);
	hc_set_field(r, struct textfile, text);
	hc_set_field(r, struct textfile, last_newline);
	return 0;
}

static int textfile_read(struct hc_call *call, void *self, struct hc_state *live)
{
	const struct directory *directory = self;
	DIR *dir = opendir(directory->path);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return hc_fail(call, errno, NULL, "cannot read %s: %s", directory->path,
			       strerror(errno));
	while (!r && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			r = read_one(call, directory, entry->d_name, live);
	(void)closedir(dir); /* it was only read */
	return r;
}

/* The plan's verbs. */
enum {
	WRITE,
	REMOVE,
};

static int textfile_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	(void)call;
	if (change->action == HC_REMOVE)
		(void)hc_step(plan, change, REMOVE, HC_NONE, NULL, "remove the file");
	else
		(void)hc_step(plan, change, WRITE, HC_NONE, NULL, "write the file");
	return 0;
}

static int write_file(const char *path, const struct hc_resource *want)
{
	const struct textfile *file = want->spec;
	_cleanup_(hc_freep) char *text = NULL;
	int size = asprintf(&text, "%s%s", file->text, file->last_newline ? "\n" : "");

	return size < 0 ? -ENOMEM : hc_file_write(path, 0644, text, (size_t)size);
}

static int textfile_apply(struct hc_call *call, void *self, const struct hc_step *step)
{
	const struct directory *directory = self;
	const struct hc_change *change = step->change;
	const char *path = hc_printf(call->arena, "%s/%s", directory->path, change->name);
	int r = step->op == WRITE ? write_file(path, change->want) : hc_file_remove(path);

	if (r)
		return hc_fail(call, -r, change->want, "cannot %s: %s", step->verb, strerror(-r));
	return 0;
}

static const struct hc_type *const types[] = {&textfile_type, NULL};

extern const struct hc_provider hcstate_provider;

const struct hc_provider hcstate_provider = {
	.abi = HC_ABI,
	.name = "textfile",
	.doc = "Text files in one directory.",
	.types = types,
	.parallel = 4,
	.open = textfile_open,
	.close = textfile_close,
	.read = textfile_read,
	.plan = textfile_plan,
	.apply = textfile_apply,
};
