/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The request, and the one thing that is said when something goes wrong. It is one JSON object with
 * the credentials in it: nothing of it is ever an argument, a file on a disk or a part of an error.
 * What libgit2 says may have the URL in it as it was given, so a password is taken out of every
 * text that leaves here.
 */

#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Without what stands between :// and @, and without the password wherever it is. */
static const char *without_secrets(struct job *job, const char *text)
{
	char *copy = hc_strdup(job->arena, text), *p = copy;
	size_t size = job->password ? strlen(job->password) : 0;

	while ((p = strstr(p, "://"))) {
		size_t all = strcspn(p += 3, "/ '\"");
		char *at = memrchr(p, '@', all);

		if (at)
			memmove(p, at + 1, strlen(at + 1) + 1);
	}
	for (p = copy; size && (p = strstr(p, job->password)); p += size)
		memset(p, '*', size);
	return copy;
}

static int vfail(struct job *job, const char *format, va_list args)
{
	if (!job->why)
		job->why = without_secrets(job, hc_vprintf(job->arena, format, args));
	return -EIO;
}

int job_fail(struct job *job, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = vfail(job, format, args);
	va_end(args);
	return r;
}

int job_refuse(struct job *job, const char *format, ...)
{
	va_list args;
	int r;

	job->refused |= !job->why;
	va_start(args, format);
	r = vfail(job, format, args);
	va_end(args);
	return r;
}

/* Something that should be there is not, or is not what it should be. */
static bool is_damage(int class)
{
	static const int classes[] = {
		GIT_ERROR_ODB,  GIT_ERROR_ZLIB, GIT_ERROR_REFERENCE, GIT_ERROR_REPOSITORY,
		GIT_ERROR_TREE, GIT_ERROR_TAG,  GIT_ERROR_OBJECT,    GIT_ERROR_CONFIG,
	};

	for (size_t i = 0; i < HC_COUNT(classes); i++)
		if (class == classes[i])
			return true;
	return false;
}

int job_git(struct job *job, const char *format, ...)
{
	const git_error *error = git_error_last();
	const char *what;
	va_list args;

	va_start(args, format);
	what = hc_vprintf(job->arena, format, args);
	va_end(args);
	job->broken |= error && is_damage(error->klass);
	if (job->ssh_said)
		return job_fail(job, "%s: ssh: %s", what, job->ssh_said);
	return job_fail(job, "%s: %s", what, error ? error->message : "unknown error");
}

const char *job_short(struct job *job, const git_oid *id)
{
	char text[13];

	(void)git_oid_tostr(text, sizeof(text), id); /* gives text */
	return hc_strdup(job->arena, text);
}

const char *job_ref(struct job *job)
{
	if (job->commit)
		return hc_printf(job->arena, "commit %.12s", job->commit);
	if (job->tag)
		return hc_printf(job->arena, "tag %s", job->tag);
	return hc_printf(job->arena, "branch %s", job->branch);
}

/* By the process's number and not as self: ssh and what hc_exec() starts have it closed. */
const char *job_memory_file(struct job *job, const char *name, const char *text)
{
	size_t size = strlen(text), at = 0;
	int fd = memfd_create(name, MFD_CLOEXEC);

	/* ssh wants its key for its owner only. */
	if (fd < 0 || fchmod(fd, 0600))
		goto fail;
	while (at < size) {
		ssize_t n = write(fd, text + at, size - at);

		if (n < 0)
			goto fail;
		at += (size_t)n;
	}
	return hc_printf(job->arena, "/proc/%d/fd/%d", (int)getpid(), fd); /* open to our end */
fail:
	(void)job_fail(job, "no room for the %s: %s", name, strerror(errno));
	hc_closep(&fd);
	return NULL;
}

static const char *text_of(struct job *job, struct json_object *request, const char *name)
{
	struct json_object *value = NULL;
	size_t size;

	if (!json_object_object_get_ex(request, name, &value) || !value)
		return NULL;
	size = (size_t)json_object_get_string_len(value);
	if (json_object_is_type(value, json_type_string) &&
	    strlen(json_object_get_string(value)) == size)
		return hc_strdup(job->arena, json_object_get_string(value));
	(void)job_fail(job, "%s is not a text", name);
	return NULL;
}

static bool flag_of(struct json_object *request, const char *name)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(request, name, &value) && json_object_get_boolean(value);
}

static uint64_t number_of(struct json_object *request, const char *name)
{
	struct json_object *value = NULL;
	int64_t number = 0;

	if (json_object_object_get_ex(request, name, &value))
		number = json_object_get_int64(value);
	return number > 0 ? (uint64_t)number : 0;
}

/* cluster//a/ is cluster/a; "" and "." are all of it. What would lead out of it is none. */
static const char *plain_path(struct job *job, const char *path)
{
	char *copy = path ? hc_strdup(job->arena, path) : NULL, *rest = NULL;
	char *plain = hc_strdup(job->arena, "");

	for (char *part = copy ? strtok_r(copy, "/", &rest) : NULL; part;
	     part = strtok_r(NULL, "/", &rest)) {
		if (!strcmp(part, "."))
			continue;
		if (!strcmp(part, ".."))
			(void)job_fail(job, "the path %s leads out of the repository", path);
		plain = hc_printf(job->arena, "%s%s%s", plain, *plain ? "/" : "", part);
	}
	return *plain ? plain : NULL;
}

static void take_verb(struct job *job, const char *verb)
{
	static const char *const words[] = {
		[JOB_FETCH] = "fetch",
		[JOB_CHECK] = "check",
		[JOB_READ] = "read",
	};
	size_t i = 0;

	while (i < HC_COUNT(words) && (!verb || strcmp(verb, words[i]) != 0))
		i++;
	if (i == HC_COUNT(words))
		(void)job_fail(job, "neither fetch, check nor read is asked for");
	else
		job->verb = (enum job_verb)i;
}

/* What the verb is done to. */
static const char *subject(const struct job *job)
{
	switch (job->verb) {
	case JOB_FETCH:
		return job->url;
	case JOB_CHECK:
		return job->fetched;
	case JOB_READ:
		break;
	}
	return job->revision;
}

static void take(struct job *job, struct json_object *request)
{
	take_verb(job, text_of(job, request, "verb"));
	job->directory = text_of(job, request, "directory");
	job->url = text_of(job, request, "url");
	job->branch = text_of(job, request, "branch");
	job->tag = text_of(job, request, "tag");
	job->commit = text_of(job, request, "commit");
	job->revision = text_of(job, request, "revision");
	job->fetched = text_of(job, request, "fetched");
	job->path = plain_path(job, text_of(job, request, "path"));
	job->known = text_of(job, request, "known");
	job->loaded = text_of(job, request, "loaded");
	job->allow_rewind = flag_of(request, "allow_rewind");
	job->username = text_of(job, request, "username");
	job->password = text_of(job, request, "password");
	job->ssh_key = text_of(job, request, "ssh_key");
	job->known_hosts = text_of(job, request, "known_hosts");
	job->ca = text_of(job, request, "ca");
	job->allowed_signers = text_of(job, request, "allowed_signers");
	job->blame_us = number_of(request, "blame_ms") * 1000;
	if (!job->branch && !job->tag && !job->commit)
		job->branch = "main";
}

int job_read(struct job *job, const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(4);
	struct json_object *request;

	if (!tokener)
		abort();
	request = size <= INT32_MAX ? json_tokener_parse_ex(tokener, text, (int)size) : NULL;
	if (!request || !json_object_is_type(request, json_type_object))
		(void)job_fail(job, "the request is no JSON object");
	else
		take(job, request);
	json_object_put(request);
	json_tokener_free(tokener);
	if (!job->why && (!job->directory || *job->directory != '/'))
		(void)job_fail(job, "the request names no directory");
	if (!job->why && !subject(job))
		(void)job_fail(job, "the request does not say what of");
	return job->why ? -EINVAL : 0;
}
