/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of a simulation. Both forms say the same; that for programs has all the keys of an
 * event each time, so that nobody has to ask whether one is there.
 */

#include "report.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include <reconciler/json.h>

enum {
	TIME_SIZE = 32,
};

static const char *const event_words[] = {
	[SIM_LEADER] = "leader",   [SIM_NODE] = "node",         [SIM_FENCE] = "fence",
	[SIM_STATE] = "state",     [SIM_START] = "start",       [SIM_STOP] = "stop",
	[SIM_MIGRATE] = "migrate", [SIM_RELOCATE] = "relocate", [SIM_RECOVER] = "recover",
	[SIM_WARNING] = "warning",
};

/* Seconds with as many digits as they need: 100, 0.25. */
static const char *seconds(char *text, uint64_t ms)
{
	size_t size;

	(void)snprintf(text, TIME_SIZE, "%" PRIu64 ".%03u", ms / 1000, (unsigned)(ms % 1000));
	for (size = strlen(text); text[size - 1] == '0'; size--)
		text[size - 1] = '\0';
	if (text[size - 1] == '.')
		text[size - 1] = '\0';
	return text;
}

static struct json_object *line(uint64_t at, const char *word)
{
	struct json_object *object = json_object_new_object();
	char text[TIME_SIZE];

	json_object_object_add(object, "t",
			       json_object_new_double_s((double)at / 1000, seconds(text, at)));
	json_object_object_add(object, "event", hc_json_string(word));
	return object;
}

static void put(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, hc_json_string(text));
}

static void print(FILE *out, struct json_object *object)
{
	fprintf(out, "%s\n",
		json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static void fill(struct json_object *object, const struct sim_event *event)
{
	bool told_ok = event->what == SIM_START || event->what == SIM_STOP ||
		       event->what == SIM_MIGRATE || event->what == SIM_RELOCATE;

	if (event->vm)
		put(object, "resource", event->vm);
	if (event->what == SIM_STATE || event->to) {
		put(object, "from", event->from);
		put(object, "to", event->to);
	}
	if (event->node)
		put(object, "node", event->node);
	if (event->word)
		put(object, "state", event->word);
	if (told_ok)
		json_object_object_add(object, "ok", json_object_new_boolean(event->ok));
	if (event->text)
		put(object, "text", event->text);
}

static void print_text(FILE *out, const struct sim_event *event)
{
	const char *vm = event->vm, *failed = event->ok ? "" : ": failed";

	switch (event->what) {
	case SIM_LEADER:
		fprintf(out, "%s leads\n", event->node);
		break;
	case SIM_NODE:
		fprintf(out, "node %s: %s\n", event->node, event->word);
		break;
	case SIM_FENCE:
		fprintf(out, "%s is fenced: nothing on it can write any more\n", event->node);
		break;
	case SIM_STATE:
		fprintf(out, "%s: %s%s%s on %s\n", vm, event->from ? event->from : "",
			event->from ? " -> " : "", event->to, event->node);
		break;
	case SIM_START:
		fprintf(out, "%s starts on %s%s\n", vm, event->node, failed);
		break;
	case SIM_STOP:
		fprintf(out, "%s stops on %s%s\n", vm, event->node, failed);
		break;
	case SIM_MIGRATE:
	case SIM_RELOCATE:
		fprintf(out, "%s %s from %s to %s%s\n", vm,
			event->what == SIM_MIGRATE ? "migrates" : "is relocated", event->from,
			event->to, failed);
		break;
	case SIM_RECOVER:
		fprintf(out, "%s is recovered from %s to %s\n", vm, event->from, event->to);
		break;
	case SIM_WARNING:
		fprintf(out, "warning: %s%s%s%s%s\n", vm ? vm : "", vm && event->node ? " on " : "",
			event->node ? event->node : "", vm || event->node ? ": " : "", event->text);
		break;
	}
}

void report_event(void *arg, const struct sim_event *event)
{
	const struct report *report = arg;
	char text[TIME_SIZE];

	if (report->jsonl) {
		struct json_object *object = line(event->at, event_words[event->what]);

		fill(object, event);
		print(report->out, object);
		return;
	}
	fprintf(report->out, "%10s s  ", seconds(text, event->at));
	print_text(report->out, event);
}

static void print_end(FILE *out, const struct ha_memory *memory)
{
	fputs("at the end\n", out);
	for (size_t i = 0; i < memory->nvm; i++)
		fprintf(out, "              %s: %s on %s\n", memory->vms[i].vm,
			ha_words[memory->vms[i].is], memory->vms[i].node);
}

void report_end(const struct report *report, uint64_t at, const struct ha_memory *memory)
{
	struct json_object *object, *resources;
	char text[TIME_SIZE];

	if (!report->jsonl) {
		fprintf(report->out, "%10s s  ", seconds(text, at));
		print_end(report->out, memory);
		return;
	}
	object = line(at, "final");
	resources = json_object_new_object();
	for (size_t i = 0; i < memory->nvm; i++) {
		struct json_object *one = json_object_new_object();

		put(one, "state", ha_words[memory->vms[i].is]);
		put(one, "node", memory->vms[i].node);
		json_object_object_add(resources, memory->vms[i].vm, one);
	}
	json_object_object_add(object, "resources", resources);
	print(report->out, object);
}
