/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's own life: what it is made of, the loop, reloading and ending. What a turn does is in
 * turn.c, which generation is made true in adopt.c.
 */

#include "agent.h"

#include <errno.h>
#include <json-c/json.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "adopt.h"
#include "notice.h"
#include "requests.h"
#include "stuck.h"
#include "turn.h"

enum {
	AGAIN_US = 600 * 1000 * 1000, /* until the same complaint is said again */
	IDLE_US = 60 * 1000 * 1000,   /* between turns while there is nothing to make true */
	HOLD_OFF_US = 60 * 1000 * 1000,
};

static void say_agent(struct agent *agent, const char *result, const char *reason)
{
	const struct event event = {
		.what = EVENT_AGENT,
		.result = result,
		.reason = reason,
		.generation = agent->generation ? agent->generation->id : NULL,
	};

	events_say(agent->events, &event);
}

static void complain(struct agent *agent, const char *text)
{
	size_t room = HC_COUNT(agent->complaints);
	struct complaint *place = &agent->complaints[agent->ncomplaint % room];

	for (size_t i = 0; i < room; i++) {
		struct complaint *one = &agent->complaints[i];

		if (!one->text || strcmp(one->text, text) != 0)
			continue;
		if (hc_now() - one->at < AGAIN_US)
			return;
		place = one;
	}
	free(place->text);
	place->text = strdup(text);
	place->at = hc_now();
	agent->ncomplaint++;
	say_agent(agent, "trouble", text);
}

void agent_complain(struct agent *agent, const struct hc_diags *diags)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	for (size_t i = 0; i < diags->n; i++) {
		const struct hc_diag *one = &diags->v[i];

		complain(agent, one->place.source
					? hc_printf(arena, "%s: %s",
						    hc_place_text(arena, one->place), one->text)
					: one->text);
	}
}

static void notice(struct agent *agent)
{
	if (!agent->noticed)
		agent->noticed = hc_now();
}

static void source_changed(void *arg)
{
	struct agent *agent = arg;

	agent->news = true;
	notice(agent);
}

static void unit_changed(void *arg)
{
	struct agent *agent = arg;

	agent->look = true;
	if (agent->engine)
		hc_engine_noticed(agent->engine);
	notice(agent);
}

void agent_hurry(struct agent *agent)
{
	struct hc_troubles *troubles = agent->engine ? &agent->engine->troubles : NULL;

	for (size_t i = 0; troubles && i < troubles->n; i++)
		troubles->v[i].next = 0;
	agent->look = true;
	agent->quiet_turns = 0;
	agent->earliest = 0;
}

static int asked_to_end(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	struct agent *agent = arg;

	(void)source, (void)info;
	agent->stop = true;
	hc_pulse_end(
		&agent->pulse->seen); /* what is under way may keep providers from being closed */
	(void)sd_notify(0, "STOPPING=1"); /* without systemd there is nobody to tell */
	if (agent->engine)
		hc_engine_stop(agent->engine);
	return 0;
}

static int asked_to_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	struct agent *agent = arg;

	(void)source, (void)info;
	agent->reload = true;
	return 0;
}

static struct source *make_source(struct agent *agent)
{
	return source_new(agent->event, agent->config, agent->state_dir, source_changed, agent);
}

/* What agent.yaml says now. One that is not good changes nothing. */
static void take_config(struct agent *agent)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_diags diags = {.arena = arena};
	struct agent_config *config =
		config_load(arena, agent->config_path, agent->hostname, &diags);

	if (config && strcmp(config->node, agent->config->node) != 0) {
		hc_say(&diags, HC_ERROR, (struct hc_place){0},
		       "another node name is taken with a restart only");
		config = NULL;
	}
	agent_complain(agent, &diags);
	if (!config) {
		(void)hc_arena_free(arena);
		return;
	}
	agent->read_left |= agent->source->state.hangs;
	agent->source = source_free(agent->source);
	events_configure(agent->events, config);
	(void)hc_arena_free(agent->config_arena);
	agent->config_arena = arena;
	agent->config = config;
	agent->policy.config = config;
	agent->source = make_source(agent);
	say_agent(agent, "reloaded", NULL);
}

/* systemd 252 has no Type=notify-reload; it takes these all the same. */
static void reload(struct agent *agent)
{
	agent->reload = false;
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)hc_now());
	take_config(agent);
	agent->news = true;
	agent_hurry(agent);
	(void)sd_notify(0, "READY=1");
}

/* Each look begins to read what takes long (a Ceph that is out of reach), and while that is read no
 * other generation can be taken: so none is begun while one waits for no more than that. Steps may
 * take hours, and a read that has been out for long may never come back: then looks go on. */
static bool holds_off(struct agent *agent)
{
	bool waits = agent->busy != 0;

	for (const struct hc_work *work = agent->engine->late; work; work = work->next)
		waits &= !work->step && hc_now() - work->since < HOLD_OFF_US;
	if (!waits || (agent->held_off && hc_now() - agent->held_off >= HOLD_OFF_US)) {
		agent->held_off = 0;
		return false;
	}
	if (!agent->held_off)
		agent->held_off = hc_now();
	return true;
}

uint64_t agent_turn(struct agent *agent)
{
	uint64_t due = hc_now() + IDLE_US;

	if (agent->reload)
		reload(agent);
	if (agent->news && (hc_now() >= agent->busy || !hc_engine_busy(agent->engine)))
		adopt_news(agent); /* before another call is begun that it has to wait for */
	stuck_say(agent);
	adopt_keep(agent);
	agent->look &= agent->engine != NULL;
	if (agent->engine && !agent->stop)
		due = holds_off(agent) ? agent->busy : turn_take(agent);
	return due;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* When there is to be a turn for what was noticed; UINT64_MAX: nothing was. */
static uint64_t wanted_at(const struct agent *agent)
{
	if (agent->held_off)
		return agent->busy;
	if (agent->look || (agent->engine && agent->engine->look_again))
		return agent->earliest;
	return agent->news ? later(agent->earliest, agent->busy) : UINT64_MAX;
}

/* Until the next turn. */
static int sleep_until(struct agent *agent, uint64_t due)
{
	/* Once in any case: whatever comes without end, everybody is heard. */
	int r = sd_event_run(agent->event, 0);

	while (r >= 0 && !agent->stop && !agent->reload) {
		uint64_t now = hc_now(), at = wanted_at(agent), next = at < due ? at : due;

		if (at < UINT64_MAX)
			notice(agent);
		if (now >= next)
			return 0;
		r = sd_event_run(agent->event, next - now);
	}
	return r < 0 ? r : 0;
}

/* What systemctl status shows. */
static void tell_systemd(const struct agent *agent)
{
	if (!agent->generation)
		(void)sd_notify(0, "STATUS=no manifests yet");
	else
		(void)sd_notifyf(0, "STATUS=%s, generation %.16s",
				 agent->now && agent->now->converged ? "converged"
								     : "not converged",
				 agent->generation->id);
}

int agent_run(struct agent *agent)
{
	int r = 0;

	adopt_first(agent);
	(void)sd_notify(0, "READY=1");
	say_agent(agent, "started", NULL);
	while (!agent->stop && r >= 0) {
		uint64_t due = agent_turn(agent);

		tell_systemd(agent);
		r = sleep_until(agent, due);
	}
	agent->broken |= r < 0;
	say_agent(agent, "ends", agent->broken ? "its event loop failed" : NULL);
	return agent->broken; /* then systemd starts another process */
}

static int make_loop(struct agent *agent)
{
	int r = sd_event_new(&agent->event);

	if (r >= 0)
		r = sd_event_add_signal(agent->event, NULL, SIGTERM, asked_to_end, agent);
	if (r >= 0 || r == -EBUSY)
		r = sd_event_add_signal(agent->event, NULL, SIGINT, asked_to_end, agent);
	if (r >= 0 || r == -EBUSY)
		r = sd_event_add_signal(agent->event, NULL, SIGHUP, asked_to_reload, agent);
	if (r == -EBUSY) /* not blocked by this process: a test's */
		r = 0;
	if (r >= 0)
		r = sd_event_set_watchdog(agent->event, true);
	if (r < 0)
		return r;
	agent->pulse = pulse_new(agent->event);
	return agent->pulse ? 0 : -errno;
}

/* What persons said before. Approvals that are lost are asked for again. */
static void read_words(struct agent *agent)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_diags diags = {.arena = arena};

	agent->suspensions_lost =
		suspensions_read(&agent->suspensions, agent->state_dir, &diags) != 0;
	(void)approvals_read(&agent->approvals, agent->state_dir, &diags);
	agent_complain(agent, &diags);
}

/* What was said may be of places in agent.yaml. */
static struct agent *give_up(struct agent *agent, struct hc_diags *diags)
{
	hc_arena_adopt(diags->arena, &agent->config_arena);
	return agent_free(agent);
}

struct agent *agent_new(struct hc_registry *registry, const struct agent_options *options,
			struct hc_diags *diags)
{
	struct agent *agent = calloc(1, sizeof(*agent));
	int r;

	if (!agent)
		abort(); /* memory has run out */
	agent->lock = -1;
	agent->config_path =
		options->config_path ? options->config_path : "/etc/hcstate/agent.yaml";
	agent->hostname = options->hostname;
	agent->state_dir = options->state_dir;
	agent->key_file = options->key_file;
	agent->pace = options->pace;
	agent->config_arena = hc_arena_new();
	agent->config =
		config_load(agent->config_arena, agent->config_path, agent->hostname, diags);
	if (!agent->config)
		return give_up(agent, diags);
	agent->node = strdup(agent->config->node);
	r = make_loop(agent);
	if (r < 0) {
		hc_say(diags, HC_ERROR, (struct hc_place){0}, "cannot start the event loop: %s",
		       strerror(-r));
		return give_up(agent, diags);
	}
	agent->events = events_new(agent->event, agent->config, agent->state_dir, options->journal);
	agent->policy.config = agent->config;
	agent->policy.suspensions = &agent->suspensions;
	read_words(agent);
	agent->view = view_new();
	agent->requests = requests_new(agent);
	agent->server = server_new(agent->event,
				   options->socket ? options->socket : "/run/hcstate/hcstate.sock",
				   requests_take, agent, diags);
	if (!agent->server)
		return give_up(agent, diags);
	agent->registry = registry;
	agent->lock = options->lock;
	agent->units = units_new(agent->event, registry, unit_changed, agent);
	agent->source = make_source(agent);
	return agent;
}

struct agent *agent_free(struct agent *agent)
{
	bool late = agent->engine && agent->engine->late;

	late |= agent->read_left || (agent->source && agent->source->state.hangs);
	agent->requests = requests_free(agent->requests); /* who waits is told */
	agent->server = server_free(agent->server);
	agent->source = source_free(agent->source);
	agent->units = units_free(agent->units);
	agent_forget_look(agent);
	notice_free(agent);
	json_object_put(agent->work);
	hc_engine_freep(&agent->engine);
	agent->pulse = pulse_free(agent->pulse, late);
	agent->view = view_free(agent->view);
	agent->events = events_free(agent->events);
	suspensions_free(&agent->suspensions);
	approvals_free(&agent->approvals);
	hc_arena_freep(&agent->turn);
	free(agent->begun);
	for (size_t i = 0; i < HC_COUNT(agent->complaints); i++)
		free(agent->complaints[i].text);
	hc_arena_freep(&agent->refused_arena);
	if (!late) { /* a call that still runs may look at these, and its code is a module's */
		free(agent->node);
		hc_generation_freep(&agent->generation);
		hc_registry_freep(&agent->registry);
		hc_arena_freep(&agent->config_arena);
		sd_event_unref(agent->event);
	}
	hc_closep(&agent->lock);
	free(agent);
	return NULL;
}
