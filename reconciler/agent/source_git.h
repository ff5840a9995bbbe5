/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The parts of source_git.c: what hcstate-git is asked, its process, its answer, and what is known
 * from before. */

#include <systemd/sd-event.h>

#include <hcstate/agent.h>
#include <hcstate/diag.h>

/* source_git_answer.c: what hcstate-git says. Everything is in the arena it was read into. */
struct git_answer {
	bool ok;
	bool same;     /* the asker has it already: there are no files */
	bool verified; /* nothing speaks against the tip */
	bool refused;  /* something does: see error */
	bool broken;   /* the mirror is, and will be made anew */
	bool reached;  /* the server can be talked to, whatever else is wrong */
	const char *error;
	const struct hc_commit *tip; /* NULL: it was not seen */
	struct hc_source **sources;  /* sorted by path */
	size_t n;
};

/* 0, or -EINVAL and *why: it is not believed. `error` is harmless for a terminal. */
int git_answer_read(struct hc_arena *arena, const void *data, size_t size,
		    struct git_answer *answer, const char **why);

/* source_git_request.c: the JSON of a fetch with all credentials in it; free it with
 * git_request_free(). NULL: said in diags. */
char *git_request_fetch(const struct hc_agent_git *git, const char *directory,
			struct hc_diags *diags);
/* ... of judging what was fetched, and reading it. known, loaded: commits or NULL. */
char *git_request_check(const struct hc_agent_git *git, const char *directory, const char *fetched,
			const char *known, const char *loaded, struct hc_diags *diags);
/* ... of reading one revision of a repository. */
char *git_request_read(const char *directory, const char *revision, const char *path);
char *git_request_free(char *request); /* takes NULL, gives NULL */

/* The URL without a password. */
const char *git_url_shown(struct hc_arena *arena, const char *url);
/* "branch main" */
const char *git_ref_shown(struct hc_arena *arena, const struct hc_agent_git *git);
/* Where the program is. */
const char *git_program(struct hc_arena *arena);

/* source_git_child.c: the program at work. */
struct git_child;
/* What became of it. */
struct git_end {
	const char *data; /* what it said */
	size_t size;
	const char *why; /* why that is nothing; NULL: see data */
};
/* Takes the request, whole or not at all. ended(arg) is called once, from the loop, unless it is
 * freed before. NULL: it cannot be started, *why (in the arena). */
struct git_child *git_child_new(sd_event *event, struct hc_arena *arena, char **request,
				uint64_t timeout_us, void (*ended)(void *arg, struct git_end *end),
				void *arg, const char **why);
struct git_child *git_child_free(struct git_child *child); /* takes NULL, gives NULL; ends it */

/* source_git_known.c: the newest commit that was found good, which outlives the process. */
struct git_known {
	char commit[41]; /* "": none */
};
/* What was kept of the same URL and the same branch, tag or commit. */
void git_known_read(const char *state_dir, const struct hc_agent_git *git, struct git_known *known);
/* Writes when it is another. 0 or a negative errno. */
int git_known_write(const char *state_dir, const struct hc_agent_git *git, struct git_known *known,
		    const char *commit);

/* The directory with the manifests in the agent's repository; NULL: all of it, or there is none. */
const char *git_known_path(struct hc_arena *arena, const char *state_dir);

/* How long until the next fetch, in us: `failures` in a row, `random` from 0 to UINT32_MAX. */
uint64_t git_pause(uint32_t interval, unsigned failures, uint32_t random);
