/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text for Prometheus. Everything here is a number that somebody may want an alert on: that the
 * agent looks at all, that all is as wanted, that manifests arrive, that something waits for a
 * person. Times are points in time, not ages, so that a file that is no longer written shows its
 * age by itself.
 *
 * A kind has a line for each state, also for those that none of its objects is in: a line that
 * comes and goes cannot be told from a scrape that failed.
 */

#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <hcstate/file.h>
#include <reconciler/text.h>

enum {
	STATES = HC_STAYS + 1,
	HOLDS = HC_HOLD_IGNORE + 1,
};

/* What was found of one kind. */
struct kind {
	const char *name;
	size_t n[STATES];
	uint64_t since; /* how long the oldest of what is not as wanted is so; 0: not known */
};

struct text {
	struct hc_arena *arena;
	FILE *out;
	struct kind *kinds;
	size_t nkind, room;
	size_t held[HOLDS];
	bool converged;
};

static void family(struct text *text, const char *name, const char *type, const char *help)
{
	(void)fprintf(text->out, "# HELP hcstate_%s %s\n# TYPE hcstate_%s %s\n", name, help, name,
		      type);
}

static void value(struct text *text, const char *name, uint64_t number)
{
	(void)fprintf(text->out, "hcstate_%s %" PRIu64 "\n", name, number);
}

static void number(struct text *text, const char *name, const char *type, const char *help,
		   uint64_t n)
{
	family(text, name, type, help);
	value(text, name, n);
}

/* A point in time that may not have been yet. */
static void moment(struct text *text, const char *name, const char *help, uint64_t s)
{
	if (s)
		number(text, name, "gauge", help, s);
}

static void durations(struct text *text, const char *name, const char *help, uint64_t us,
		      uint64_t count)
{
	family(text, name, "summary", help);
	(void)fprintf(text->out,
		      "hcstate_%s_sum %" PRIu64 ".%06" PRIu64 "\nhcstate_%s_count %" PRIu64 "\n",
		      name, us / 1000000, us % 1000000, name, count);
}

/* A label's value, within its quotes. */
static const char *label(struct text *text, const char *value)
{
	const char *plain = hc_harmless(text->arena, value ? value : "");
	char *copy = hc_alloc(text->arena, 2 * strlen(plain) + 1), *to = copy;

	for (const char *p = plain; *p; p++) {
		if (*p == '"' || *p == '\\')
			*to++ = '\\';
		*to++ = *p;
	}
	return copy;
}

/* What is as it is and nobody has to do anything about. */
static bool is_well(enum hc_condition condition)
{
	switch (condition) {
	case HC_CONVERGED:
	case HC_FOREIGN:
	case HC_STAYS:
		return true;
	case HC_DRIFTED:
	case HC_WAITING:
	case HC_FAILED:
	case HC_UNCERTAIN:
		break;
	}
	return false;
}

static struct kind *kind_of(struct text *text, const char *name)
{
	for (size_t i = 0; i < text->nkind; i++)
		if (!strcmp(text->kinds[i].name, name))
			return &text->kinds[i];
	text->kinds =
		hc_grow(text->arena, text->kinds, text->nkind, &text->room, sizeof(*text->kinds));
	text->kinds[text->nkind].name = name;
	return &text->kinds[text->nkind++];
}

static void count(struct text *text, const struct hc_status_line *line)
{
	const struct hc_finding *f = line->finding;
	struct kind *kind = kind_of(text, (f->want ? f->want : f->have)->type->name);

	kind->n[line->condition]++;
	if (is_well(line->condition))
		return;
	text->converged = false;
	if (line->since && (!kind->since || line->since < kind->since))
		kind->since = line->since;
	if (f->change)
		text->held[f->change->hold]++;
}

static int by_name(const void *a, const void *b)
{
	const struct kind *one = a, *other = b;

	return strcmp(one->name, other->name);
}

static void add_kinds(struct text *text)
{
	family(text, "resources", "gauge", "Resources by kind and state.");
	for (size_t i = 0; i < text->nkind; i++)
		for (size_t j = 0; j < STATES; j++)
			(void)fprintf(text->out,
				      "hcstate_resources{kind=\"%s\",state=\"%s\"} %zu\n",
				      label(text, text->kinds[i].name), hc_condition_words[j],
				      text->kinds[i].n[j]);
	family(text, "unwell_since_timestamp_seconds", "gauge",
	       "Since when the oldest resource of a kind that is not as wanted is so.");
	for (size_t i = 0; i < text->nkind; i++)
		if (text->kinds[i].since)
			(void)fprintf(text->out,
				      "hcstate_unwell_since_timestamp_seconds{kind=\"%s\"} %" PRIu64
				      "\n",
				      label(text, text->kinds[i].name), text->kinds[i].since);
}

static void add_held(struct text *text)
{
	static const char *const words[HOLDS] = {
		[HC_HOLD_WINDOW] = "window",
		[HC_HOLD_APPROVAL] = "approval",
		[HC_HOLD_SUSPENDED] = "suspended",
		[HC_HOLD_REPORT] = "report",
	};

	family(text, "held_changes", "gauge", "Changes that the policy holds back, by what for.");
	for (size_t i = 0; i < HOLDS; i++)
		if (words[i])
			(void)fprintf(text->out, "hcstate_held_changes{hold=\"%s\"} %zu\n",
				      words[i], text->held[i]);
}

static void add_status(struct text *text, const struct hc_status *status)
{
	text->converged = true;
	for (size_t i = 0; i < status->n; i++)
		count(text, &status->v[i]);
	if (text->nkind) {
		qsort(text->kinds, text->nkind, sizeof(*text->kinds), by_name);
		add_kinds(text);
	}
	add_held(text);
	number(text, "converged", "gauge", "Whether the last look found all as wanted.",
	       text->converged);
}

static void add_generation(struct text *text, const struct hc_generation *generation,
			   const struct source_state *source)
{
	const struct hc_commit *commit = generation->commit;

	family(text, "generation_info", "gauge", "The version of the manifests that is made true.");
	(void)fprintf(text->out,
		      "hcstate_generation_info{generation=\"%s\",commit=\"%s\",source=\"%s\"} 1\n",
		      label(text, generation->id), label(text, commit ? commit->id : NULL),
		      label(text, source ? source->where : NULL));
	if (commit)
		moment(text, "generation_commit_timestamp_seconds", "When it was committed.",
		       commit->when);
}

static void add_counts(struct text *text, const struct metrics *m)
{
	number(text, "cycles_total", "counter", "Looks at everything.", m->cycles);
	number(text, "cycles_changed_total", "counter", "Cycles that changed something.",
	       m->changed);
	number(text, "cycles_failed_total", "counter", "Cycles in which something failed.",
	       m->failed);
	family(text, "steps_total", "counter", "Steps that came to an end, by how.");
	value(text, "steps_total{result=\"done\"}", m->steps_done);
	value(text, "steps_total{result=\"failed\"}", m->steps_failed);
	durations(text, "look_seconds", "How long looks take.", m->look_us, m->cycles);
	durations(text, "run_seconds", "How long the steps of a cycle take.", m->run_us, m->runs);
	durations(text, "repair_seconds",
		  "How long it takes from noticing a difference to the first mending step.",
		  m->repair_us_sum, m->repair_count);
	moment(text, "last_look_timestamp_seconds", "When everything was looked at last.",
	       m->last_look);
	moment(text, "last_success_timestamp_seconds", "When a look found all as wanted last.",
	       m->last_success);
}

typedef uint64_t cost_fn(const struct hc_spent *cost);

static uint64_t count_of(const struct hc_spent *cost)
{
	return cost->n;
}

static uint64_t time_of(const struct hc_spent *cost)
{
	return cost->us;
}

static uint64_t cpu_of(const struct hc_spent *cost)
{
	return cost->cpu_us;
}

static void add_cost(struct text *text, const struct hc_engine *engine, const char *name,
		     const char *help, cost_fn *of, bool seconds)
{
	family(text, name, "counter", help);
	for (size_t i = 0; i < engine->nslot; i++) {
		const struct hc_slot *slot = &engine->slots[i];
		uint64_t n = of(&slot->reads);

		(void)fprintf(text->out, "hcstate_%s{provider=\"%s\"} %" PRIu64, name,
			      label(text, slot->provider->name), seconds ? n / 1000000 : n);
		if (seconds)
			(void)fprintf(text->out, ".%06" PRIu64, n % 1000000);
		(void)fputc('\n', text->out);
	}
}

/* What looking costs, by who is looked at: most of what an idle agent takes. */
static void add_costs(struct text *text, const struct hc_engine *engine)
{
	add_cost(text, engine, "provider_reads_total", "Reads through a provider.", count_of,
		 false);
	add_cost(text, engine, "provider_read_seconds_total", "How long they took.", time_of, true);
	add_cost(text, engine, "provider_read_cpu_seconds_total",
		 "Processor time of them, without that of threads of a library's own.", cpu_of,
		 true);
}

static void add_source(struct text *text, const struct source_state *source)
{
	number(text, "source_up", "gauge", "Whether what is newest of the manifests can be had.",
	       !source->error);
	moment(text, "source_last_answer_timestamp_seconds", "When the source answered last.",
	       source->answered);
}

const char *metrics_text(struct hc_arena *arena, const struct metrics *metrics, const char *node,
			 const struct hc_generation *generation, const struct hc_status *status,
			 const struct source_state *source)
{
	char *whole = NULL;
	size_t size;
	struct text text = {.arena = arena, .out = open_memstream(&whole, &size)};
	const char *copy;

	if (!text.out)
		return "";
	family(&text, "build_info", "gauge", "The agent.");
	(void)fprintf(text.out, "hcstate_build_info{version=\"%s\",node=\"%s\"} 1\n", HC_VERSION,
		      label(&text, node));
	if (generation)
		add_generation(&text, generation, source);
	add_counts(&text, metrics);
	if (metrics->engine && metrics->engine->nslot)
		add_costs(&text, metrics->engine);
	if (source)
		add_source(&text, source);
	if (status)
		add_status(&text, status);
	copy = fclose(text.out) ? "" : hc_strdup(arena, whole);
	free(whole);
	return copy;
}

/* Its directory may be another program's. */
int metrics_write(const char *path, const char *text)
{
	return hc_file_give(path, 0644, geteuid(), getegid(), text, strlen(text));
}
