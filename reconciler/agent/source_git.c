/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests from a git repository. Every `interval` hcstate-git asks the server; what it brings is
 * kept as it came, so that it can be loaded as often as somebody wants to. A server that is gone
 * changes nothing but what status says: it is asked more and more rarely, up to ten minutes, and
 * not by all nodes at the same moment.
 *
 * One process fetches, another judges what came: see reconciler/git/filter.c.
 *
 * A tip that is refused, or a branch that is not there yet, is no failure to be waited out: it is
 * asked for at the usual pace, so that the right one is taken soon.
 */

#include "source_git.h"

#include <sodium.h>
#include <string.h>

#include "source.h"

enum {
	LONGEST_PAUSE = 600, /* s */
	ACCURACY_US = 10000,
	MOST_DOUBLINGS = 16,
};

struct git {
	struct source *source;
	const struct hc_agent_git *config;
	struct hc_arena *arena; /* what lasts: names */
	struct hc_arena *said;  /* the strings of state that change */
	const char *directory;
	struct git_known known;
	struct git_child *child;
	sd_event_source *timer;
	char *data; /* the last good answer; NULL: there was none */
	size_t size;
	char loaded[41]; /* its commit */
	char tip[41];
	char fetched[41];         /* what is being judged */
	char *checking, *checked; /* ... as it was asked; ... the last that was good and no news */
	bool anew;                /* the mirror was broken and is fetched anew */
	unsigned failures;
	uint64_t since; /* when the first of them was, seconds of CLOCK_REALTIME */
	bool hurried;   /* while a fetch was under way */
};

uint64_t git_pause(uint32_t interval, unsigned failures, uint32_t random)
{
	unsigned doublings = !failures                       ? 0
			     : failures - 1 < MOST_DOUBLINGS ? failures - 1
							     : MOST_DOUBLINGS;
	uint64_t most = interval > LONGEST_PAUSE ? interval : LONGEST_PAUSE;
	uint64_t seconds = (uint64_t)interval << doublings;
	uint64_t pause = (seconds < most ? seconds : most) * 1000000;

	/* From nine to eleven tenths of it. */
	return pause * 9 / 10 + (pause / 5) * (random >> 12) / (UINT32_MAX >> 12);
}

static uint64_t wall(void)
{
	return hc_wall_us() / 1000000;
}

static void set_timer(struct git *git, uint64_t us)
{
	/* What fails here has failed at the beginning, and that is said. */
	(void)sd_event_source_set_time_relative(git->timer, us);
	(void)sd_event_source_set_enabled(git->timer, SD_EVENT_ONESHOT);
	git->source->state.next = wall() + us / 1000000;
}

static void say(struct git *git, const char *error, const char *warning)
{
	struct source_state *state = &git->source->state;
	struct hc_arena *before = git->said;
	bool other = !state->error != !error || (error && strcmp(state->error, error) != 0);

	git->said = hc_arena_new();
	state->error = error ? hc_strdup(git->said, error) : NULL;
	state->warning = warning ? hc_strdup(git->said, warning) : NULL;
	(void)hc_arena_free(before);
	if (other)
		git->source->changed(git->source->arg);
}

static void rest(struct git *git)
{
	bool now = git->hurried;

	git->hurried = false;
	git->source->state.answers++;
	set_timer(git,
		  now ? 0 : git_pause(git->config->interval, git->failures, randombytes_random()));
}

/* Somebody said something, if only that the server is gone. */
static void ended(struct git *git)
{
	git->source->state.answered = wall();
	rest(git);
}

/* It could not be had: nothing is known of what is newest. */
static void failed(struct git *git, const char *why)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	if (!git->failures++)
		git->since = wall();
	git->source->state.gone = true;
	say(git, hc_printf(arena, "%s (since %s)", why, source_time(arena, git->since)), NULL);
}

static void keep_data(struct git *git, const struct git_end *end, const char *commit)
{
	free(git->data);
	git->data = malloc(end->size);
	if (!git->data)
		abort();
	memcpy(git->data, end->data, end->size);
	git->size = end->size;
	memcpy(git->loaded, commit, sizeof(git->loaded));
}

static void take_answer(struct git *git, const struct git_end *end, const struct git_answer *answer)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *warning = NULL;
	bool news = answer->ok && answer->tip && !answer->same;
	int r = 0;

	if (answer->tip) {
		memcpy(git->tip, answer->tip->id, sizeof(git->tip));
		git->source->state.tip = git->tip;
	}
	if (answer->tip && answer->verified)
		r = git_known_write(git->source->state_dir, git->config, &git->known,
				    answer->tip->id);
	if (r)
		warning = hc_printf(arena,
				    "which commit was the newest is not kept for a restart: "
				    "git.json cannot be written: %s",
				    strerror(-r));
	if (!answer->ok && !answer->reached)
		return failed(git, answer->error);
	git->failures = 0;
	git->source->state.gone = false;
	if (news)
		keep_data(git, end, answer->tip->id);
	say(git, answer->error, warning);
	if (news)
		git->source->changed(git->source->arg);
}

/* Of either process. False: *why. */
static bool read_end(struct hc_arena *arena, const struct git_end *end, struct git_answer *answer,
		     const char **why)
{
	*why = end->why;
	if (!*why && git_answer_read(arena, end->data, end->size, answer, why))
		*why = hc_printf(arena, "the answer of hcstate-git is not believed: %s", *why);
	return !*why;
}

/* Of who judges: without a network, so what it says of the server is nothing. */
static void on_checked(void *arg, struct git_end *end)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct git *git = arg;
	struct git_answer answer;
	const char *why;
	bool good = read_end(arena, end, &answer, &why), anew;

	if (good && answer.tip && strcmp(answer.tip->id, git->fetched) != 0) {
		why = "hcstate-git judged another commit than was fetched";
		good = false;
	}
	anew = good && !answer.ok && answer.broken && !git->anew;
	answer.reached = true;
	if (!good)
		failed(git, why);
	else if (!anew)
		take_answer(git, end, &answer);
	git->checked = git_request_free(git->checked);
	if (good && answer.ok && answer.same)
		git->checked = hc_steal(&git->checking);
	git->checking = git_request_free(git->checking);
	git->child = git_child_free(git->child);
	git->anew = anew;
	if (anew)
		set_timer(git, 0);
	else
		ended(git);
}

/* Takes the request; NULL: `why` there is none. */
static void begin_child(struct git *git, char *request, const char *why,
			void (*come)(void *arg, struct git_end *end))
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	if (request)
		git->child =
			git_child_new(git->source->event, arena, &request,
				      (uint64_t)git->config->timeout * 1000000, come, git, &why);
	if (git->child)
		return;
	failed(git, why ? why : "it cannot be asked");
	rest(git);
}

/* What was judged good before, by the same signers, needs no process to be judged again. */
static void begin_check(struct git *git)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_diags diags = {.arena = arena};
	char *request = git_request_check(git->config, git->directory, git->fetched,
					  *git->known.commit ? git->known.commit : NULL,
					  *git->loaded ? git->loaded : NULL, &diags);

	if (request && git->checked && !strcmp(request, git->checked)) {
		(void)git_request_free(request);
		git->failures = 0;
		git->source->state.gone = false;
		say(git, NULL, NULL);
		ended(git);
		return;
	}
	git->checking = request ? strdup(request) : NULL;
	begin_child(git, request, diags.n ? diags.v[0].text : NULL, on_checked);
}

static void on_fetched(void *arg, struct git_end *end)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct git *git = arg;
	struct git_answer answer;
	const char *why;
	bool good = read_end(arena, end, &answer, &why), ok = good && answer.ok;

	answer.verified = false; /* that is not its to say */
	if (ok)
		memcpy(git->fetched, answer.tip->id, sizeof(git->fetched));
	else if (good)
		take_answer(git, end, &answer);
	else
		failed(git, why);
	git->child = git_child_free(git->child);
	if (ok)
		begin_check(git);
	else
		ended(git);
}

static void begin_fetch(struct git *git)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_diags diags = {.arena = arena};
	char *request = git_request_fetch(git->config, git->directory, &diags);

	git->source->state.asked = wall();
	begin_child(git, request, diags.n ? diags.v[0].text : NULL, on_fetched);
}

static int on_time(sd_event_source *timer, uint64_t usec, void *arg)
{
	struct git *git = arg;

	(void)timer, (void)usec;
	if (!git->child)
		begin_fetch(git);
	return 0;
}

static void *begin(struct source *source)
{
	struct git *git = calloc(1, sizeof(*git));

	if (!git)
		abort();
	git->source = source;
	git->config = source->config->git;
	git->arena = hc_arena_new();
	git->directory = hc_printf(git->arena, "%s/git", source->state_dir);
	git_known_read(source->state_dir, git->config, &git->known);
	source->state = (struct source_state){
		.kind = "git",
		.where = git_url_shown(git->arena, git->config->url),
	};
	if (sd_event_add_time_relative(source->event, &git->timer, CLOCK_MONOTONIC, 0, ACCURACY_US,
				       on_time, git) < 0)
		failed(git, "no timer can be had");
	return git;
}

static void end(void *self)
{
	struct git *git = self;

	if (!git)
		return;
	(void)git_child_free(git->child);
	(void)sd_event_source_disable_unref(git->timer);
	(void)hc_arena_free(git->said);
	(void)hc_arena_free(git->arena);
	(void)git_request_free(git->checking);
	(void)git_request_free(git->checked);
	free(git->data);
	free(git);
}

static struct hc_generation *load(void *self, const struct hc_registry *registry)
{
	struct git *git = self;
	struct hc_arena *arena;
	struct git_answer answer;
	const char *why;

	if (!git->data)
		return NULL;
	arena = hc_arena_new();
	/* It was read once before. */
	if (git_answer_read(arena, git->data, git->size, &answer, &why)) {
		(void)hc_arena_free(arena);
		return NULL;
	}
	return hc_load_texts(registry, &arena,
			     hc_strdup(arena, git->config->path ? git->config->path
								: git->source->state.where),
			     answer.sources, answer.n, answer.tip->id, answer.tip);
}

static void hurry(void *self)
{
	struct git *git = self;

	if (git->child)
		git->hurried = true; /* it may have asked before what is hurried for was there */
	else
		set_timer(git, 0);
}

const struct source_kind source_git = {
	.begin = begin,
	.end = end,
	.load = load,
	.hurry = hurry,
};
