/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Downloading, by libcurl. What is there already is not fetched again: the server is asked for the
 * rest of the very file that it began with (If-Range). A server that cannot do that, or has another
 * file by now, sends all of it. In any case the digest decides.
 *
 * How much comes is bounded by what the server says of it, and by the room there is, which is asked
 * for again and again: it may say nothing, and send without end.
 *
 * From https nothing leads to plain http.
 */

#include "fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/file.h>

enum {
	CONNECT_S = 15,
	STALLED_S = 30, /* without a byte */
	REDIRECTS = 8,
	TAG_MAX = 512,
	TELL_US = 1000000,
	AHEAD = 16 * 1024 * 1024, /* bytes that there has to be room for */
};

struct transfer {
	struct hc_arena *arena;
	const struct fetch *fetch;
	const char *part;
	int fd;
	CURL *curl;
	char error[CURL_ERROR_SIZE];
	char tag[TAG_MAX]; /* the file's ETag as the answer has it; "" none */
	uint64_t at;       /* where the next byte goes */
	uint64_t end;      /* behind the last one that was promised; UINT64_MAX: nothing was */
	uint64_t roomy;    /* up to here there was room */
	bool began;        /* the first byte of the file came */
	bool refused;      /* the answer is an error of the server's */
	bool stopped;
	int failed; /* a negative errno of writing */
	const char *why;
	uint64_t began_us, began_at, told;
};

/* An answer begins: what an earlier one (a redirect) said is not of this file. */
static size_t header(char *line, size_t one, size_t size, void *arg)
{
	static const char etag[] = "etag:";
	struct transfer *t = arg;
	size_t from = sizeof(etag) - 1, length = size * one;

	if (length >= 5 && !strncmp(line, "HTTP/", 5))
		t->tag[0] = '\0';
	if (length <= from || strncasecmp(line, etag, from) != 0)
		return length;
	while (from < length && line[from] == ' ')
		from++;
	while (length > from && (unsigned char)line[length - 1] <= ' ')
		length--;
	/* a weak one says nothing about bytes */
	if (length - from < TAG_MAX && line[from] == '"') {
		memcpy(t->tag, line + from, length - from);
		t->tag[length - from] = '\0';
	}
	return size * one;
}

/* Where the answer's first byte belongs; the file is cut there. */
static int begin(struct transfer *t)
{
	const char *tag = hc_printf(t->arena, "%s.tag", t->part);
	curl_off_t length = -1;
	long code = 0;

	(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
	(void)curl_easy_getinfo(t->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (code != 206)
		t->at = 0;
	t->end = length >= 0 ? t->at + (uint64_t)length : UINT64_MAX;
	t->roomy = t->at;
	t->began = true;
	t->began_at = t->at;
	t->began_us = hc_now();
	if (ftruncate(t->fd, (off_t)t->at))
		return -errno;
	if (*t->tag)
		(void)hc_file_write(tag, 0600, t->tag, strlen(t->tag)); /* else all comes anew */
	else
		(void)hc_file_remove(tag);
	return length > 0 ? fetch_room(t->arena, t->fd, (uint64_t)length, t->fetch->path, &t->why)
			  : 0;
}

/* Whether there is room for so many bytes more, and for what comes behind them. libcurl takes no
 * more than was promised. */
static int check(struct transfer *t, uint64_t size)
{
	uint64_t left = t->end > t->at ? t->end - t->at : 0;
	int r;

	if (t->at + size <= t->roomy)
		return 0;
	t->roomy = t->at + AHEAD;
	r = fetch_room(t->arena, t->fd, left < AHEAD ? left : AHEAD, t->fetch->path, &t->why);
	if (r && t->end == UINT64_MAX)
		t->why = hc_printf(t->arena,
				   "%s; %s came, and the server does not say how much it is",
				   t->why, fetch_size(t->arena, t->at));
	return r;
}

static int put(struct transfer *t, const char *data, size_t size)
{
	while (size) {
		ssize_t n = pwrite(t->fd, data, size, (off_t)t->at);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n <= 0)
			continue;
		data += n;
		size -= (size_t)n;
		t->at += (uint64_t)n;
	}
	return 0;
}

/* What a server has to say about its error nobody waits for: it may have no end. */
static size_t body(char *data, size_t one, size_t size, void *arg)
{
	struct transfer *t = arg;
	long code = 0;

	(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
	t->refused = code != 200 && code != 206;
	if (t->refused)
		return 0;
	if (!t->began)
		t->failed = begin(t);
	if (!t->failed)
		t->failed = check(t, size * one);
	if (!t->failed)
		t->failed = put(t, data, size * one);
	return t->failed ? 0 : size * one;
}

static const char *how_far(struct hc_arena *arena, const struct transfer *t, uint64_t left)
{
	uint64_t size = t->at + left, us = hc_now() - t->began_us;
	uint64_t rate = us ? (t->at - t->began_at) * 1000000 / us : 0;

	if (!left)
		return hc_printf(arena, "fetched %s, %s/s", fetch_size(arena, t->at),
				 fetch_size(arena, rate));
	return hc_printf(arena, "fetched %" PRIu64 " %% of %s, %s/s", t->at * 100 / size,
			 fetch_size(arena, size), fetch_size(arena, rate));
}

/* Called about once a second also when nothing comes. */
static int progress(void *arg, curl_off_t total, curl_off_t now, curl_off_t sent_total,
		    curl_off_t sent)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = NULL;
	struct transfer *t = arg;

	(void)sent_total, (void)sent;
	if (t->told && hc_now() - t->told < TELL_US)
		return 0;
	arena = hc_arena_new();
	t->told = hc_now();
	t->stopped =
		!t->fetch->goes_on(t->fetch->arg,
				   t->began ? how_far(arena, t,
						      total > now ? (uint64_t)(total - now) : 0)
					    : hc_printf(arena, "asking %s", t->fetch->source));
	return t->stopped;
}

static bool set_up(struct transfer *t)
{
	const char *protocols = strncmp(t->fetch->source, "https:", 6) ? "http,https" : "https";
	CURL *c = t->curl;

	return !curl_easy_setopt(c, CURLOPT_URL, t->fetch->source) &&
	       !curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, protocols) &&
	       !curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, protocols) &&
	       !curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L) &&
	       !curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS) &&
	       !curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S) &&
	       !curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L) &&
	       !curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)STALLED_S) &&
	       !curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->error) &&
	       !curl_easy_setopt(c, CURLOPT_USERAGENT, "hcstate/" HC_VERSION) &&
	       !curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, header) &&
	       !curl_easy_setopt(c, CURLOPT_HEADERDATA, t) &&
	       !curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, body) &&
	       !curl_easy_setopt(c, CURLOPT_WRITEDATA, t) &&
	       !curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L) &&
	       !curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, progress) &&
	       !curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
}

/* Asks for the rest. The range is a header of ours: libcurl's own would make an error of an answer
 * that has the whole file. */
static struct curl_slist *ask_for_rest(struct transfer *t)
{
	struct curl_slist *headers = NULL;
	char *tag = NULL;

	if (!t->at)
		return NULL;
	headers =
		curl_slist_append(headers, hc_printf(t->arena, "Range: bytes=%" PRIu64 "-", t->at));
	if (!hc_file_read(t->arena, hc_printf(t->arena, "%s.tag", t->part), TAG_MAX, &tag, NULL))
		headers = curl_slist_append(headers, hc_printf(t->arena, "If-Range: %s", tag));
	return headers;
}

static int judge(struct transfer *t, CURLcode result, const char **why)
{
	const char *source = t->fetch->source;
	long code = 0;

	(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
	if (t->stopped)
		return -EINTR;
	if (t->failed) {
		*why = t->why ? t->why
			      : hc_printf(t->arena, "cannot write %s: %s", t->part,
					  strerror(-t->failed));
		return t->failed;
	}
	if (result && !t->refused) {
		*why = hc_printf(t->arena, "cannot fetch %s: %s%s", source,
				 *t->error ? t->error : curl_easy_strerror(result),
				 t->began ? "; the next try goes on there" : "");
		return -EIO;
	}
	if (code == 416 && t->at) {
		/* nothing is behind what is there: all of it, or another file's */
		return 0;
	}
	if (code == 200 || code == 206)
		return t->began || ftruncate(t->fd, 0) == 0 ? 0 : -errno;
	*why = hc_printf(t->arena, "cannot fetch %s: the server says %ld%s", source, code,
			 code == 404 ? " (not found)" : "");
	return -ENOENT;
}

int fetch_http(struct hc_arena *arena, const struct fetch *fetch, int fd, const char *part,
	       const char **why)
{
	struct transfer t = {.arena = arena, .fetch = fetch, .part = part, .fd = fd};
	struct curl_slist *headers;
	struct stat is;
	int r = -ENOMEM;

	t.curl = curl_easy_init();
	t.at = fstat(fd, &is) ? 0 : (uint64_t)is.st_size;
	*why = "libcurl does not start";
	if (!t.curl)
		return r;
	headers = ask_for_rest(&t);
	if (set_up(&t) && (!headers || !curl_easy_setopt(t.curl, CURLOPT_HTTPHEADER, headers)))
		r = judge(&t, curl_easy_perform(t.curl), why);
	curl_slist_free_all(headers);
	curl_easy_cleanup(t.curl);
	return r;
}
