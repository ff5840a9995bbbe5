/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shutting clients out. Once the OSDs have a map with an address on its blocklist, that client
 * writes nothing any more, whatever it believes; its watches go at once, its locks stay until they
 * are broken. The entry is for years: its default hour would let a machine that was only cut off
 * write again.
 */

#include "fence.h"

#include <errno.h>
#include <json-c/json.h>
#include <pthread.h>
#include <rbd/librbd.h>
#include <string.h>

enum {
	MOST = 64, /* lockers of an image; one has it exclusively */
	AT_ONCE = 16,
};

#define YEARS "315360000" /* ten, in seconds */

static void drop_io(rados_ioctx_t *io)
{
	if (*io)
		rados_ioctx_destroy(*io);
}

static void drop_image(rbd_image_t *image)
{
	if (*image)
		(void)rbd_close(*image); /* it was only looked at */
}

static int open_io(rados_t rados, const char *pool, rados_ioctx_t *io)
{
	int r = rados_ioctx_create(rados, pool, io);

	if (r < 0)
		*io = NULL;
	return r < 0 ? r : 0;
}

static int list_watchers(struct hc_arena *arena, rbd_image_t image, struct hc_strings *addresses)
{
	rbd_image_watcher_t watchers[MOST];
	size_t n = MOST;
	int r = rbd_watchers_list(image, watchers, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		hc_strings_add(arena, addresses, hc_strdup(arena, watchers[i].addr));
	rbd_watchers_list_cleanup(watchers, n);
	return 0;
}

/* Opened for reading, an image gets no watcher. */
int fence_watchers(struct hc_arena *arena, rados_t rados, const struct rbd_place *place,
		   struct hc_strings *addresses)
{
	_cleanup_(drop_io) rados_ioctx_t io = NULL;
	_cleanup_(drop_image) rbd_image_t image = NULL;
	int r = open_io(rados, place->pool, &io);

	if (r)
		return r;
	r = rbd_open_read_only(io, place->image, &image, NULL);
	if (r < 0) {
		image = NULL;
		return r;
	}
	return list_watchers(arena, image, addresses);
}

/* *answer: in the arena; NULL: not wanted. */
static int ask(struct hc_arena *arena, rados_t rados, struct json_object *command, char **answer)
{
	const char *text = json_object_to_json_string(command);
	char *out = NULL, *words = NULL;
	size_t size = 0, nwords = 0;
	int r = rados_mon_command(rados, &text, 1, "", 0, &out, &size, &words, &nwords);

	if (r >= 0 && answer)
		*answer = hc_strndup(arena, out ? out : "", size);
	rados_buffer_free(out);
	rados_buffer_free(words);
	json_object_put(command);
	return r < 0 ? r : 0;
}

static struct json_object *command(const char *prefix, const char *operation, const char *address)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "prefix", json_object_new_string(prefix));
	json_object_object_add(object, "format", json_object_new_string("json"));
	if (!operation)
		return object;
	json_object_object_add(object, "blocklistop", json_object_new_string(operation));
	json_object_object_add(object, "addr", json_object_new_string(address));
	return object;
}

int fence_read_listed(struct hc_arena *arena, const char *answer, struct hc_strings *listed)
{
	struct json_object *list = json_tokener_parse(answer);
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	int r = json_object_is_type(list, json_type_array) ? 0 : -EBADMSG;

	for (size_t i = 0; i < n; i++) {
		struct json_object *address = NULL, *entry = json_object_array_get_idx(list, i);

		if (json_object_is_type(entry, json_type_object) &&
		    json_object_object_get_ex(entry, "addr", &address) &&
		    json_object_is_type(address, json_type_string))
			hc_strings_add(arena, listed,
				       hc_strdup(arena, json_object_get_string(address)));
	}
	json_object_put(list);
	return r;
}

int fence_listed(struct hc_arena *arena, rados_t rados, struct hc_strings *listed)
{
	char *answer;
	int r = ask(arena, rados, command("osd blocklist ls", NULL, NULL), &answer);

	return r ? r : fence_read_listed(arena, answer, listed);
}

/* An address on its way to the blocklist. */
struct adding {
	rados_t rados;
	const char *address;
	bool years; /* until it is taken off, or nobody remembers; else for Ceph's hour */
	bool apart; /* it has a thread of its own */
	pthread_t thread;
	int result;
};

static void *add(void *arg)
{
	struct adding *adding = arg;
	struct json_object *object = command("osd blocklist", "add", adding->address);

	if (adding->years)
		json_object_object_add(object, "expire",
				       json_object_new_double_s(10. * 365 * 86400, YEARS ".0"));
	adding->result = ask(NULL, adding->rados, object, NULL);
	return NULL;
}

/* The monitors agree on a new map at most once a second, and answer when they have. All that is
 * asked for at the same time comes into one. */
static void add_some(struct adding *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		v[i].apart = !pthread_create(&v[i].thread, NULL, add, &v[i]);
		if (!v[i].apart)
			(void)add(&v[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (v[i].apart)
			(void)pthread_join(v[i].thread, NULL);
}

static int wait_for_map(struct hc_call *call, rados_t rados)
{
	int r = rados_wait_for_latest_osdmap(rados);

	return r < 0 ? hc_fail(call, -r, NULL, "the new OSD map does not come: %s", strerror(-r))
		     : 0;
}

static int add_part(struct hc_call *call, rados_t rados, const char *const *addresses, size_t n,
		    bool years)
{
	struct adding v[AT_ONCE];

	for (size_t i = 0; i < n; i++)
		v[i] = (struct adding){.rados = rados, .address = addresses[i], .years = years};
	add_some(v, n);
	for (size_t i = 0; i < n; i++)
		if (v[i].result)
			return hc_fail(call, -v[i].result, NULL,
				       "%s cannot be put on the blocklist: %s", v[i].address,
				       strerror(-v[i].result));
	return 0;
}

static int add_all(struct hc_call *call, rados_t rados, const struct hc_strings *addresses,
		   bool years)
{
	int r = 0;

	for (size_t i = 0; !r && i < addresses->n; i += AT_ONCE) {
		size_t n = addresses->n - i;

		r = add_part(call, rados, addresses->v + i, n < AT_ONCE ? n : AT_ONCE, years);
	}
	return r || !addresses->n ? r : wait_for_map(call, rados);
}

int fence_block(struct hc_call *call, rados_t rados, const struct hc_strings *addresses)
{
	return add_all(call, rados, addresses, true);
}

int fence_dismiss(struct hc_call *call, rados_t rados, const struct hc_strings *addresses)
{
	return add_all(call, rados, addresses, false);
}

/* Ceph keeps the longer of two times. For the moment in between, up to a second, an address is on
 * no list: what of it still stood in an OSD's queue would have to be judged just then. */
int fence_shorten(struct hc_call *call, rados_t rados, const struct hc_strings *addresses)
{
	for (size_t i = 0; i < addresses->n; i++) {
		int r = ask(NULL, rados, command("osd blocklist", "rm", addresses->v[i]), NULL);

		if (r && r != -ENOENT) /* it is not on it any more */
			return hc_fail(call, -r, NULL, "%s cannot be taken off the blocklist: %s",
				       addresses->v[i], strerror(-r));
	}
	return fence_dismiss(call, rados, addresses);
}

/* Who has locked an image: texts one behind the other. */
struct lockers {
	char clients[MOST * 64], cookies[MOST * 64], addresses[MOST * 64], tag[256];
	ssize_t n;
};

static int list_lockers(rbd_image_t image, struct lockers *lockers)
{
	size_t clients = sizeof(lockers->clients), cookies = sizeof(lockers->cookies);
	size_t addresses = sizeof(lockers->addresses), tag = sizeof(lockers->tag);
	int exclusive;

	lockers->n =
		rbd_list_lockers(image, &exclusive, lockers->tag, &tag, lockers->clients, &clients,
				 lockers->cookies, &cookies, lockers->addresses, &addresses);
	return lockers->n < 0 ? (int)lockers->n : 0;
}

static int break_all(rbd_image_t image, const struct lockers *lockers,
		     const struct hc_strings *listed)
{
	const char *client = lockers->clients, *cookie = lockers->cookies;
	const char *address = lockers->addresses;
	int r = 0;

	for (ssize_t i = 0; !r && i < lockers->n; i++) {
		if (hc_strings_have(listed, address))
			r = rbd_break_lock(image, client, cookie);
		client += strlen(client) + 1;
		cookie += strlen(cookie) + 1;
		address += strlen(address) + 1;
	}
	return r == -ENOENT ? 0 : r;
}

static int unlock(struct hc_arena *arena, rados_t rados, const struct rbd_place *place)
{
	_cleanup_(drop_io) rados_ioctx_t io = NULL;
	_cleanup_(drop_image) rbd_image_t image = NULL;
	struct hc_strings listed = {0};
	struct lockers lockers;
	int r = fence_listed(arena, rados, &listed);

	/* librbd would put the owner on the list once more, in place of our entry: for an hour */
	if (!r)
		r = rados_conf_set(rados, "rbd_blocklist_on_break_lock", "false");
	if (!r)
		r = open_io(rados, place->pool, &io);
	if (r)
		return r;
	r = rbd_open_read_only(io, place->image, &image, NULL);
	if (r < 0) {
		image = NULL;
		return r;
	}
	r = list_lockers(image, &lockers);
	return r ? r : break_all(image, &lockers, &listed);
}

int fence_unlock(struct hc_call *call, rados_t rados, const struct rbd_place *place)
{
	int r = unlock(call->arena, rados, place);

	return r && r != -ENOENT ? hc_fail(call, -r, NULL, "the lock of %s/%s cannot be broken: %s",
					   place->pool, place->image, strerror(-r))
				 : 0;
}
