/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hcstate-git is asked. The files that agent.yaml names are read here, for every fetch, so
 * that a new token is used without a reload; the child may read none of them. Their contents are in
 * the request and nowhere else, and the request is wiped when it was sent.
 */

#include "source_git.h"

#include <json-c/json.h>
#include <sodium.h>
#include <string.h>

#include "config.h"

#ifndef HC_LIBEXEC
#define HC_LIBEXEC "/usr/libexec/hcstate"
#endif

enum {
	LONGEST_BLAME_MS = 10000,
	BLAME_SHARE = 4, /* of the time for all */
};

static void put(struct json_object *object, const char *name, const char *text)
{
	if (text)
		json_object_object_add(object, name, json_object_new_string(text));
}

/* The file's content; of a password its first line. False: said. */
static bool put_file(struct json_object *object, const char *name, const char *field,
		     const char *file, struct hc_diags *diags)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	char *text;
	size_t size;

	if (!file)
		return true;
	if (config_file(arena, field, file, &text, &size, diags))
		return false;
	if (!strcmp(name, "password"))
		text[strcspn(text, "\r\n")] = '\0';
	put(object, name, text);
	sodium_memzero(text, size);
	return true;
}

static char *printed(struct json_object *request)
{
	char *text = strdup(json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN));

	if (!text)
		abort();
	json_object_put(request);
	return text;
}

/* Of whoever knows the mirror. */
static struct json_object *request_of(const struct hc_agent_git *git, const char *verb,
				      const char *directory)
{
	struct json_object *request = json_object_new_object();

	put(request, "verb", verb);
	put(request, "directory", directory);
	put(request, "branch", git->branch);
	put(request, "tag", git->tag);
	put(request, "commit", git->commit);
	return request;
}

static char *finish(struct json_object *request, bool good)
{
	if (good)
		return printed(request);
	json_object_put(request);
	return NULL;
}

char *git_request_fetch(const struct hc_agent_git *git, const char *directory,
			struct hc_diags *diags)
{
	struct json_object *request = request_of(git, "fetch", directory);

	put(request, "url", git->url);
	put(request, "username", git->username);
	return finish(request,
		      put_file(request, "password", "password_file", git->password_file, diags) &&
			      put_file(request, "ssh_key", "ssh_key", git->ssh_key, diags) &&
			      put_file(request, "known_hosts", "known_hosts", git->known_hosts,
				       diags) &&
			      put_file(request, "ca", "ca_file", git->ca_file, diags));
}

char *git_request_check(const struct hc_agent_git *git, const char *directory, const char *fetched,
			const char *known, const char *loaded, struct hc_diags *diags)
{
	struct json_object *request = request_of(git, "check", directory);
	int blame = (int)git->timeout * 1000 / BLAME_SHARE;

	put(request, "fetched", fetched);
	put(request, "path", git->path);
	put(request, "known", known);
	put(request, "loaded", loaded);
	json_object_object_add(request, "allow_rewind", json_object_new_boolean(git->allow_rewind));
	json_object_object_add(request, "blame_ms",
			       json_object_new_int(blame < LONGEST_BLAME_MS ? blame
									    : LONGEST_BLAME_MS));
	return finish(request, put_file(request, "allowed_signers", "allowed_signers",
					git->allowed_signers, diags));
}

char *git_request_read(const char *directory, const char *revision, const char *path)
{
	struct json_object *request = json_object_new_object();

	put(request, "verb", "read");
	put(request, "directory", directory);
	put(request, "revision", revision);
	put(request, "path", path);
	json_object_object_add(request, "blame_ms", json_object_new_int(LONGEST_BLAME_MS));
	return printed(request);
}

char *git_request_free(char *request)
{
	if (request)
		sodium_memzero(request, strlen(request));
	free(request);
	return NULL;
}

const char *git_url_shown(struct hc_arena *arena, const char *url)
{
	const char *host = strstr(url, "://"), *at, *colon;

	if (!host)
		return hc_strdup(arena, url);
	host += 3;
	at = memrchr(host, '@', strcspn(host, "/"));
	colon = at ? memchr(host, ':', (size_t)(at - host)) : NULL;
	if (!colon)
		return hc_strdup(arena, url);
	return hc_printf(arena, "%.*s%s", (int)(colon - url), url, at);
}

const char *git_ref_shown(struct hc_arena *arena, const struct hc_agent_git *git)
{
	if (git->commit)
		return hc_printf(arena, "commit %s", git->commit);
	if (git->tag)
		return hc_printf(arena, "tag %s", git->tag);
	return hc_printf(arena, "branch %s", git->branch ? git->branch : "main");
}

const char *git_program(struct hc_arena *arena)
{
	const char *directory = secure_getenv("HCSTATE_LIBEXEC");

	return hc_printf(arena, "%s/hcstate-git", directory && *directory ? directory : HC_LIBEXEC);
}
