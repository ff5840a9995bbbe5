/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server has, and the objects that the mirror lacks. Names are read from what the server
 * lists and no reference is written here: one that was fetched is not yet one that is taken. When
 * the tip is there already, nothing is downloaded and nothing is written.
 *
 * Only the server that was named is believed: no redirect, no proxy, no configuration of git's.
 */

#include "fetch.h"

#include <errno.h>
#include <string.h>

#include "ssh.h"

/* What is known while the server is talked to. */
struct fetching {
	struct job *job;
	bool asked; /* for credentials */
	struct git_smart_subtransport_definition ssh;
};

static int give_credentials(git_credential **out, const char *url, const char *name,
			    unsigned int types, void *arg)
{
	struct fetching *fetching = arg;
	struct job *job = fetching->job;

	(void)url, (void)name;
	if (!job->password) {
		(void)job_fail(job, "the server wants a password: username and password_file are "
				    "not said");
		return GIT_EUSER;
	}
	if (fetching->asked) {
		(void)job_fail(job, "the server does not take the password of %s", job->username);
		return GIT_EUSER;
	}
	if (!(types & GIT_CREDENTIAL_USERPASS_PLAINTEXT)) {
		(void)job_fail(job, "the server wants other credentials than a password");
		return GIT_EUSER;
	}
	fetching->asked = true;
	return git_credential_userpass_plaintext_new(out, job->username, job->password);
}

static int check_certificate(git_cert *cert, int valid, const char *host, void *arg)
{
	struct fetching *fetching = arg;

	(void)cert;
	if (valid)
		return 0;
	(void)job_fail(fetching->job,
		       "the certificate of %s is not vouched for by %s, or is for "
		       "another name, or has run out",
		       host, fetching->job->ca ? "ca_file" : "the system's authorities");
	return GIT_ECERTIFICATE;
}

static int make_ssh(git_transport **out, git_remote *owner, void *arg)
{
	struct fetching *fetching = arg;

	return git_transport_smart(out, owner, &fetching->ssh);
}

static bool is_ssh(const char *url)
{
	if (!strncmp(url, "ssh://", 6))
		return true;
	return *url != '/' && !strstr(url, "://") && strchr(url, ':');
}

static const git_remote_head *head_named(const git_remote_head **heads, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(heads[i]->name, name))
			return heads[i];
	return NULL;
}

/* The full name of what is followed; NULL: it has none. */
static const char *full_name(struct job *job)
{
	if (job->commit)
		return NULL;
	return hc_printf(job->arena, "refs/%s/%s", job->tag ? "tags" : "heads",
			 job->tag ? job->tag : job->branch);
}

static int download(struct job *job, git_remote *remote, const char *name,
		    const git_fetch_options *options)
{
	char *one[] = {hc_strdup(job->arena, name ? name : "")};
	char *all[] = {hc_strdup(job->arena, "refs/heads/*:refs/heads/*"),
		       hc_strdup(job->arena, "refs/tags/*:refs/tags/*")};
	git_strarray specs = name ? (git_strarray){one, 1} : (git_strarray){all, 2};

	if (git_remote_download(remote, &specs, options))
		return job_git(job, "fetching %s failed", job_ref(job));
	return 0;
}

static bool have(struct job *job, const git_oid *id)
{
	git_odb *odb = NULL;
	bool there = !git_repository_odb(&odb, job->repo) && git_odb_exists(odb, id);

	git_odb_free(odb);
	return there;
}

/* A tag may be an object of its own. */
static int find_commit(struct job *job, const git_oid *id)
{
	git_object *object = NULL, *commit = NULL;
	int r = git_object_lookup(&object, job->repo, id, GIT_OBJECT_ANY);

	if (!r)
		r = git_object_peel(&commit, object, GIT_OBJECT_COMMIT);
	if (r)
		r = job->commit ? job_fail(job, "there is no %s at %s", job_ref(job), job->url)
				: job_git(job, "%s is no commit", job_ref(job));
	else
		git_oid_cpy(&job->tip, git_object_id(commit));
	job->seen = !r;
	git_object_free(commit);
	git_object_free(object);
	return r;
}

static int take(struct job *job, git_remote *remote, const git_fetch_options *options)
{
	const char *name = full_name(job);
	const git_remote_head **heads, *head;
	size_t n;
	git_oid id;
	int r = 0;

	if (git_remote_ls(&heads, &n, remote))
		return job_git(job, "%s does not tell what it has", job->url);
	/* Of a commit that is not there yet all is fetched each time: not too often. */
	job->reached = name;
	if (name) {
		head = head_named(heads, n, name);
		if (!head)
			return job_fail(job, "there is no %s at %s", job_ref(job), job->url);
		id = head->oid;
	} else if (git_oid_fromstr(&id, job->commit)) {
		return job_fail(job, "%s is no commit's id", job->commit);
	}
	if (!have(job, &id))
		r = download(job, remote, name, options);
	return r ? r : find_commit(job, &id);
}

static int talk(struct job *job, struct fetching *fetching, git_remote *remote)
{
	git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
	git_remote_connect_options connect = GIT_REMOTE_CONNECT_OPTIONS_INIT;
	int r;

	options.callbacks.credentials = give_credentials;
	options.callbacks.certificate_check = check_certificate;
	options.callbacks.transport = is_ssh(job->url) ? make_ssh : NULL;
	options.callbacks.payload = fetching;
	options.update_fetchhead = 0;
	options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	options.proxy_opts.type = GIT_PROXY_NONE;
	connect.callbacks = options.callbacks;
	connect.follow_redirects = options.follow_redirects;
	connect.proxy_opts = options.proxy_opts;
	if (git_remote_connect_ext(remote, GIT_DIRECTION_FETCH, &connect))
		return job_git(job, "%s cannot be reached", job->url);
	r = take(job, remote, &options);
	(void)git_remote_disconnect(remote); /* all that was wanted is here */
	return r;
}

static int trust(struct job *job)
{
	const char *path = job->ca ? job_memory_file(job, "ca_file", job->ca) : NULL;

	if (job->ca && !path)
		return -EIO;
	if (path && git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, path, NULL))
		return job_git(job, "the certificates of ca_file cannot be read");
	return 0;
}

int fetch(struct job *job)
{
	struct fetching fetching = {
		.job = job,
		.ssh = {.callback = ssh_subtransport, .param = job},
	};
	git_remote *remote = NULL;
	int r = trust(job);

	if (r)
		return r;
	/* Someone else's on this machine is as good as one on another: nothing of it is run. */
	if (*job->url == '/' || !strncmp(job->url, "file://", 7))
		(void)git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	if (git_remote_create_anonymous(&remote, job->repo, job->url))
		return job_git(job, "%s cannot be fetched from", job->url);
	r = talk(job, &fetching, remote);
	git_remote_free(remote);
	return r;
}
