/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a URL to ssh's command line. Host and path come to stand where ssh, and on the other side a
 * shell, look for other things too, so each may only have what such names have. No secret is in
 * here: keys are named by the file in memory that holds them.
 */

#include "ssh_url.h"

#include <string.h>

enum { MOST_WORDS = 64 };

struct address {
	const char *user, *host, *port, *path; /* user, port: or NULL */
};

/* [USER@]HOST[:PORT]/PATH */
static bool split_url(struct job *job, const char *url, struct address *address)
{
	const char *slash = strchr(url, '/');
	char *text, *at, *end;

	if (!slash)
		return false;
	address->path = slash[1] == '~' ? slash + 1 : slash; /* ~name is that user's home */
	text = hc_strndup(job->arena, url, (size_t)(slash - url));
	at = strrchr(text, '@');
	if (at) {
		*at = '\0';
		text[strcspn(text, ":")] = '\0'; /* a password there is of no use to ssh */
		address->user = text;
		text = at + 1;
	}
	address->host = *text == '[' ? text + 1 : text;
	end = strchr(text, *text == '[' ? ']' : ':');
	if (*text == '[') {
		if (!end)
			return false;
		*end++ = '\0';
	}
	if (!end || !*end)
		return true;
	address->port = end + 1;
	return *end == ':' && !(*end = '\0');
}

/* [USER@]HOST:PATH */
static bool split_short(struct job *job, const char *url, struct address *address)
{
	char *text = hc_strdup(job->arena, url), *colon = strchr(text, ':'), *at;

	if (!colon)
		return false;
	*colon = '\0';
	address->path = colon + 1;
	at = strrchr(text, '@');
	if (at) {
		*at = '\0';
		address->user = text;
	}
	address->host = at ? at + 1 : text;
	return true;
}

static bool only(const char *text, const char *characters)
{
	return *text && *text != '-' && !text[strspn(text, characters)];
}

static bool is_sound(const struct address *address)
{
	static const char names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "._-";

	if (!only(address->host, names) && !only(address->host, "0123456789abcdefABCDEF:.%"))
		return false;
	if (address->user && !only(address->user, names))
		return false;
	if (address->port && !only(address->port, "0123456789"))
		return false;
	for (const char *p = address->path; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F || strchr("'\"\\$`!", *p))
			return false;
	return *address->path && *address->path != '-';
}

/* Options that make it ask nobody and believe only what it is given here. */
static const char *const always[] = {
	"ssh",  "-F",
	"none", "-T",
	"-o",   "BatchMode=yes",
	"-o",   "StrictHostKeyChecking=yes",
	"-o",   "GlobalKnownHostsFile=/dev/null",
	"-o",   "UpdateHostKeys=no",
	"-o",   "CheckHostIP=no",
	"-o",   "IdentityAgent=none",
	"-o",   "IdentitiesOnly=yes",
	"-o",   "PreferredAuthentications=publickey",
	"-o",   "ClearAllForwardings=yes",
	"-o",   "PermitLocalCommand=no",
	"-o",   "ControlMaster=no",
	"-o",   "ControlPath=none",
	"-o",   "ConnectTimeout=30",
	"-o",   "ServerAliveInterval=15",
	"-o",   "LogLevel=ERROR",
};

/* "NAME=PATH" of a file in memory with that text; "NAME=none" where there is no text. */
static const char *file_option(struct job *job, const char *option, const char *name,
			       const char *text)
{
	const char *path = text ? job_memory_file(job, name, text) : "none";

	return path ? hc_printf(job->arena, "%s=%s", option, path) : NULL;
}

const char *const *ssh_command(struct job *job, const char *url)
{
	bool whole = !strncmp(url, "ssh://", 6);
	const char **argv = hc_alloc(job->arena, MOST_WORDS * sizeof(*argv));
	struct address address = {0};
	size_t n = 0;

	if (!(whole ? split_url(job, url + 6, &address) : split_short(job, url, &address)) ||
	    !is_sound(&address)) {
		(void)job_fail(job, "%s is no address that ssh could use", job->url);
		return NULL;
	}
	for (; n < HC_COUNT(always); n++)
		argv[n] = always[n];
	argv[n++] = "-o";
	argv[n++] = file_option(job, "UserKnownHostsFile", "known_hosts",
				job->known_hosts ? job->known_hosts : "");
	argv[n++] = "-o";
	argv[n++] = file_option(job, "IdentityFile", "ssh_key", job->ssh_key);
	if (!argv[n - 1] || !argv[n - 3])
		return NULL;
	if (address.port) {
		argv[n++] = "-p";
		argv[n++] = address.port;
	}
	if (address.user) {
		argv[n++] = "-l";
		argv[n++] = address.user;
	}
	argv[n++] = "--";
	argv[n++] = address.host;
	/* The other side's shell sees this; is_sound() left no quote in the path. */
	argv[n++] = hc_printf(job->arena, "git-upload-pack '%s'", address.path);
	return argv;
}
