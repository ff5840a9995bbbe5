/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a tip may be taken. It has to descend from the commit that was found good before, so that
 * nobody, not even the server, can bring back what was mended since or rewrite what was reviewed.
 * And where signers are named, one of them has to have signed it: `ssh-keygen -Y` judges that, as
 * it does for git, with the time that the commit says of itself. That time is the signer's word,
 * so one whose key has run out could say an earlier one; but not before what was there already.
 *
 * What is signed is the tip; with it its signer answers for the history below.
 */

#include "check.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <hcstate/exec.h>

#define SHOWN "%Y-%m-%dT%H:%M:%SZ"

enum {
	ANSWER = 65536,
	PATIENCE_US = 10 * 1000 * 1000,
	CLOCKS_S = 3600, /* by which those of two honest persons may differ */
};

static int check_history(struct job *job)
{
	git_oid known;
	int r;

	if (!job->known || job->allow_rewind)
		return 0;
	if (git_oid_fromstr(&known, job->known))
		return job_fail(job, "%s is no commit's id", job->known);
	if (git_oid_equal(&known, &job->tip))
		return 0;
	r = git_graph_descendant_of(job->repo, &job->tip, &known);
	if (r == 1)
		return 0;
	return job_refuse(job,
			  "%s went back or was rewritten: its commit %s does not descend from %s, "
			  "which was there before (allow_rewind)",
			  job_ref(job), job_short(job, &job->tip), job_short(job, &known));
}

static int run(struct job *job, struct hc_exec *exec)
{
	struct hc_call call = {
		.arena = job->arena,
		.deadline = hc_now() + PATIENCE_US,
		.diags = {.arena = job->arena},
	};

	if (!hc_exec(&call, exec))
		return 0;
	return job_fail(job, "%s", call.diags.n ? call.diags.v[0].text : "ssh-keygen failed");
}

static const char *time_text(struct job *job, git_time_t when, const char *format)
{
	time_t seconds = (time_t)when;
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		(void)strftime(text, sizeof(text), format,
			       &tm); /* "" then: ssh-keygen refuses it */
	return hc_strdup(job->arena, text);
}

/* "-Overify-time=20261123080000Z": when the commit was made. */
static const char *time_option(struct job *job, git_commit *commit)
{
	return hc_printf(job->arena, "-Overify-time=%s",
			 time_text(job, git_commit_time(commit), "%Y%m%d%H%M%SZ"));
}

/* Who it may be, by the key. */
static int find_principal(struct job *job, const char *time, const char *signature,
			  const char *signers, const char **principal)
{
	const char *const argv[] = {
		"ssh-keygen", "-Y", "find-principals", "-f", signers, "-s", signature, time, NULL,
	};
	struct hc_exec exec = {.argv = argv, .max = ANSWER, .quiet = true};

	if (run(job, &exec))
		return -EIO;
	exec.out[strcspn(exec.out, "\n")] = '\0';
	if (exec.status || !*exec.out)
		return job_refuse(job,
				  "commit %s is signed by a key that is not in allowed_signers",
				  job_short(job, &job->tip));
	/* Of names in a list one is as good as another. */
	exec.out[strcspn(exec.out, ",")] = '\0';
	*principal = exec.out;
	return 0;
}

static int verify(struct job *job, const char *time, const char *signature, const char *signers,
		  const char *principal, const git_buf *text)
{
	const char *const argv[] = {
		"ssh-keygen", "-Y",      "verify", "-n",      "git", "-f", signers,
		"-I",         principal, "-s",     signature, time,  NULL,
	};
	struct hc_exec exec = {
		.argv = argv,
		.input = text->ptr,
		.input_size = text->size,
		.max = ANSWER,
		.quiet = true,
	};

	if (run(job, &exec))
		return -EIO;
	if (exec.status)
		return job_refuse(job,
				  "the signature of commit %s is not good: it is not what %s "
				  "signed, or that key may not sign it",
				  job_short(job, &job->tip), principal);
	job->signer = principal;
	return 0;
}

static int check_signature(struct job *job, git_commit *commit, const git_buf *signature,
			   const git_buf *text)
{
	const char *signature_file, *signers_file, *time = time_option(job, commit),
						   *principal = NULL;
	int r;

	if (strncmp(signature->ptr, "-----BEGIN SSH SIGNATURE-----", 29) != 0)
		return job_refuse(job, "commit %s is not signed with an SSH key",
				  job_short(job, &job->tip));
	signature_file = job_memory_file(job, "signature", signature->ptr);
	signers_file = job_memory_file(job, "allowed_signers", job->allowed_signers);
	if (!signature_file || !signers_file)
		return -EIO;
	r = find_principal(job, time, signature_file, signers_file, &principal);
	return r ? r : verify(job, time, signature_file, signers_file, principal, text);
}

static int check_time(struct job *job, const git_commit *commit)
{
	git_time_t when = git_commit_time(commit), before;
	git_commit *known = NULL;
	git_oid id;

	if (!job->known || job->allow_rewind || git_oid_fromstr(&id, job->known) ||
	    git_commit_lookup(&known, job->repo, &id))
		return 0; /* its history is judged before */
	before = git_commit_time(known);
	git_commit_free(known);
	if (when >= before - CLOCKS_S)
		return 0;
	return job_refuse(job,
			  "commit %s says that it is from %s, and commit %s, which was there "
			  "before, is from %s: was its key good for that long (allow_rewind)?",
			  job_short(job, &job->tip), time_text(job, when, SHOWN),
			  job_short(job, &id), time_text(job, before, SHOWN));
}

static int check_signer(struct job *job)
{
	git_buf signature = {0}, text = {0};
	git_commit *commit = NULL;
	int r;

	if (!job->allowed_signers)
		return 0;
	r = git_commit_lookup(&commit, job->repo, &job->tip);
	if (!r && check_time(job, commit)) {
		git_commit_free(commit);
		return -EIO;
	}
	if (!r)
		r = git_commit_extract_signature(&signature, &text, job->repo, &job->tip, NULL);
	if (!r)
		r = check_signature(job, commit, &signature, &text);
	else if (commit)
		r = job_refuse(job, "commit %s is not signed", job_short(job, &job->tip));
	else
		r = job_git(job, "commit %s cannot be read", job_short(job, &job->tip));
	git_buf_dispose(&signature);
	git_buf_dispose(&text);
	git_commit_free(commit);
	return r;
}

int check_tip(struct job *job)
{
	int r = check_history(job);

	if (!r)
		r = check_signer(job);
	job->verified = !r;
	return r;
}
