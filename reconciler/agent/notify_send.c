/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A webhook's POST, by libcurl. Redirects are not followed: the header with the token is for the
 * one who was named, and most redirects make a GET of a POST anyway. What the other side answers is
 * of interest by its code only.
 *
 * The header's file is read at each try, so that a token that was renewed needs no reload.
 */

#include "notify_send.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "config.h"

enum {
	ANSWER_MAX = 64 * 1024,
};

struct post {
	struct hc_arena *arena;
	const struct notify_target *target;
	const char *body;
	const atomic_bool *abort;
	uint64_t timeout_us;
	CURL *curl;
	struct curl_slist *headers;
	size_t answered; /* bytes */
	char error[CURL_ERROR_SIZE];
};

static size_t ignore(char *data, size_t one, size_t size, void *arg)
{
	struct post *post = arg;

	(void)data;
	post->answered += one * size;
	return post->answered > ANSWER_MAX ? 0 : one * size;
}

static int progress(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
		    curl_off_t up)
{
	const struct post *post = arg;

	(void)down_total, (void)down, (void)up_total, (void)up;
	return atomic_load(post->abort);
}

static bool set_up(struct post *post)
{
	const struct notify_target *target = post->target;
	CURL *c = post->curl;

	return !curl_easy_setopt(c, CURLOPT_URL, target->url) &&
	       !curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") &&
	       !curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L) &&
	       !curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(post->timeout_us / 1000)) &&
	       !curl_easy_setopt(c, CURLOPT_ERRORBUFFER, post->error) &&
	       !curl_easy_setopt(c, CURLOPT_USERAGENT, "hcstate/" HC_VERSION) &&
	       !curl_easy_setopt(c, CURLOPT_HTTPHEADER, post->headers) &&
	       !curl_easy_setopt(c, CURLOPT_POST, 1L) &&
	       !curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(post->body)) &&
	       !curl_easy_setopt(c, CURLOPT_POSTFIELDS, post->body) &&
	       !curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, ignore) &&
	       !curl_easy_setopt(c, CURLOPT_WRITEDATA, post) &&
	       !curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L) &&
	       !curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, progress) &&
	       !curl_easy_setopt(c, CURLOPT_XFERINFODATA, post) &&
	       (!target->ca_file ||
		!curl_easy_setopt(c, CURLOPT_CAINFO, config_path(post->arena, target->ca_file)));
}

static bool add_header(struct post *post, const char *line)
{
	struct curl_slist *longer = curl_slist_append(post->headers, line);

	if (longer)
		post->headers = longer;
	return longer;
}

/* One line "Name: value"; what is wrong with it is said without it. */
static const char *add_header_file(struct post *post)
{
	const char *file = post->target->header_file;
	struct hc_diags diags = {.arena = post->arena};
	char *line;
	size_t size;

	if (!file)
		return NULL;
	if (config_file(post->arena, "header_file", file, &line, &size, &diags))
		return diags.n ? diags.v[0].text : "its header_file cannot be read";
	while (size && (line[size - 1] == '\n' || line[size - 1] == '\r'))
		line[--size] = '\0';
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)line[i] < 0x20 && line[i] != '\t')
			return "its header_file is not one line of text";
	if (!strchr(line, ':') || *line == ':')
		return "its header_file is no \"Name: value\"";
	return add_header(post, line) ? NULL : "out of memory";
}

static enum notify_answer judge(struct post *post, CURLcode result, const char **why,
				uint64_t *after_us)
{
	curl_off_t after = 0;
	long code = 0;

	(void)curl_easy_getinfo(post->curl, CURLINFO_RESPONSE_CODE, &code);
	(void)curl_easy_getinfo(post->curl, CURLINFO_RETRY_AFTER, &after);
	if (code >= 200 && code < 300)
		return NOTIFY_TAKEN;
	if (code < 300) {
		*why = *post->error ? hc_strdup(post->arena, post->error)
				    : curl_easy_strerror(result);
		return result == CURLE_URL_MALFORMAT || result == CURLE_UNSUPPORTED_PROTOCOL
			       ? NOTIFY_REFUSED
			       : NOTIFY_LATER;
	}
	*why = hc_printf(post->arena, "it answers %ld%s", code,
			 code < 400 ? ", and redirects are not followed" : "");
	*after_us = after > 0 ? (uint64_t)after * 1000000 : 0;
	return code == 408 || code == 429 || code >= 500 ? NOTIFY_LATER : NOTIFY_REFUSED;
}

enum notify_answer notify_send(struct hc_arena *arena, const struct notify_target *target,
			       const char *body, uint64_t timeout_us, const atomic_bool *abort,
			       const char **why, uint64_t *after_us)
{
	struct post post = {
		.arena = arena,
		.target = target,
		.body = body,
		.abort = abort,
		.timeout_us = timeout_us,
		.curl = curl_easy_init(),
	};
	enum notify_answer answer = NOTIFY_LATER;

	*after_us = 0;
	*why = add_header_file(&post);
	if (!*why) {
		*why = "libcurl does not start";
		if (post.curl && add_header(&post, "Content-Type: application/json") &&
		    set_up(&post))
			answer = judge(&post, curl_easy_perform(post.curl), why, after_us);
	}
	curl_slist_free_all(post.headers);
	curl_easy_cleanup(post.curl);
	return answer;
}
