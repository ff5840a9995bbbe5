/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A claim as text. Anybody with the key of pool hcstate may have written what is read here, and
 * what stands in it goes into commands to Ceph and onto terminals, so each part is checked: a
 * record that is not exactly one of ours is none.
 */

#include "claim.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include <ceph-client/json.h>
#include <reconciler/json.h>

enum {
	FORMAT = 1,
	DEPTH = 4,
	LONGEST = 255, /* characters of one text */
	MOST = 400,    /* addresses: a client per disk, of two nodes */
};

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define HEX DIGITS "abcdef"
#define NAME LETTERS DIGITS "._-"
#define ADDRESS HEX "ABCDEF.:[]/"

static void put_text(struct json_object *object, const char *key, const char *text)
{
	if (text)
		json_object_object_add(object, key, json_object_new_string(text));
}

static void put_number(struct json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, json_object_new_uint64(number));
}

static void put_texts(struct json_object *object, const char *key, const struct hc_strings *texts)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < texts->n; i++)
		json_object_array_add(list, json_object_new_string(texts->v[i]));
	json_object_object_add(object, key, list);
}

static struct json_object *migration_json(const struct claim *claim)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "from", claim->migration.from);
	put_text(object, "to", claim->migration.to);
	put_number(object, "ms", claim->migration.ms);
	put_number(object, "downtime_ms", claim->migration.downtime_ms);
	return object;
}

char *claim_write(struct hc_arena *arena, const struct claim *claim)
{
	struct json_object *object = json_object_new_object();
	char *text;

	put_number(object, "format_version", FORMAT);
	put_number(object, "epoch", claim->epoch);
	put_text(object, "nonce", claim->nonce);
	put_text(object, "uuid", claim->uuid);
	put_text(object, "vm", claim->vm);
	put_text(object, "state", hc_claim_state_words[claim->state]);
	put_text(object, "node", claim->node);
	put_text(object, "target", claim->target);
	put_text(object, "asked_node", claim->asked_node);
	put_texts(object, "addresses", &claim->addresses);
	put_texts(object, "arriving", &claim->arriving);
	json_object_object_add(object, "may_switch", json_object_new_boolean(claim->may_switch));
	if (claim->shut_out.n)
		put_texts(object, "shut_out", &claim->shut_out);
	put_number(object, "since", claim->since);
	if (claim->migration.from)
		json_object_object_add(object, "migration", migration_json(claim));
	text = hc_strdup(arena,
			 json_object_to_json_string_ext(object,
							JSON_C_TO_STRING_PLAIN |
								JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	return text;
}

/* What is being taken apart. The first thing that is wrong stays in `why`. */
struct reading {
	struct hc_arena *arena;
	struct json_object *object;
	const char *why;
};

static void wrong(struct reading *reading, const char *path)
{
	if (!reading->why)
		reading->why = hc_printf(reading->arena, "its %s is none", path);
}

static bool made_of(const char *text, const char *letters)
{
	size_t size = strlen(text);

	return size && size <= LONGEST && strspn(text, letters) == size;
}

static bool is_there(const struct reading *reading, const char *key)
{
	return json_object_object_get_ex(reading->object, key, NULL);
}

static const char *text_at(struct reading *reading, const char *path, const char *letters)
{
	const char *text = json_text(reading->arena, reading->object, path, "");

	if (!made_of(text, letters))
		wrong(reading, path);
	return text;
}

static const char *maybe_text(struct reading *reading, const char *key)
{
	return is_there(reading, key) ? text_at(reading, key, NAME) : NULL;
}

static uint64_t number_at(struct reading *reading, const char *path)
{
	uint64_t number = json_number(reading->object, path, UINT64_MAX);

	if (number > CLAIM_LAST_EPOCH)
		wrong(reading, path);
	return number;
}

static struct hc_strings texts_at(struct reading *reading, const char *key)
{
	struct hc_strings texts = {0};
	size_t n;
	struct json_object *list = json_list(reading->object, key, &n);

	if (!list || n > MOST) {
		wrong(reading, key);
		return texts;
	}
	for (size_t i = 0; i < n; i++) {
		const char *text =
			json_text(reading->arena, json_object_array_get_idx(list, i), "", "");

		if (!made_of(text, ADDRESS))
			wrong(reading, key);
		hc_strings_add(reading->arena, &texts, text);
	}
	return texts;
}

static enum hc_claim_state state_at(struct reading *reading)
{
	const char *word = text_at(reading, "state", LETTERS);

	for (unsigned i = 0; hc_claim_state_words[i]; i++)
		if (!strcmp(word, hc_claim_state_words[i]))
			return i;
	wrong(reading, "state");
	return HC_CLAIM_FENCING;
}

static void read_nonce(struct reading *reading, struct claim *claim)
{
	const char *nonce = text_at(reading, "nonce", HEX);

	if (strlen(nonce) == CLAIM_NONCE - 1)
		memcpy(claim->nonce, nonce, CLAIM_NONCE);
	else
		wrong(reading, "nonce");
}

static void read_migration(struct reading *reading, struct claim *claim)
{
	if (!is_there(reading, "migration"))
		return;
	claim->migration.from = text_at(reading, "migration.from", NAME);
	claim->migration.to = text_at(reading, "migration.to", NAME);
	claim->migration.ms = number_at(reading, "migration.ms");
	claim->migration.downtime_ms = number_at(reading, "migration.downtime_ms");
}

/* What one part means for another. */
static void check(struct reading *reading, const struct claim *claim)
{
	if (!claim->epoch)
		wrong(reading, "epoch");
	if (!claim->node && claim->state != HC_CLAIM_FREE)
		wrong(reading, "node");
	if (claim->state == HC_CLAIM_MIGRATING && !claim->target)
		wrong(reading, "target");
	if (strlen(claim->uuid) != 36)
		wrong(reading, "uuid");
}

static void read_all(struct reading *reading, struct claim *claim)
{
	claim->epoch = number_at(reading, "epoch");
	read_nonce(reading, claim);
	claim->uuid = text_at(reading, "uuid", HEX "-");
	claim->vm = text_at(reading, "vm", NAME);
	claim->state = state_at(reading);
	claim->node = maybe_text(reading, "node");
	claim->target = maybe_text(reading, "target");
	claim->asked_node = maybe_text(reading, "asked_node");
	claim->addresses = texts_at(reading, "addresses");
	claim->arriving = texts_at(reading, "arriving");
	claim->may_switch = json_flag(reading->object, "may_switch", false);
	if (is_there(reading, "shut_out"))
		claim->shut_out = texts_at(reading, "shut_out");
	claim->since = number_at(reading, "since");
	read_migration(reading, claim);
	check(reading, claim);
}

int claim_read(struct hc_arena *arena, const char *text, size_t size, struct claim *claim,
	       const char **why)
{
	struct reading reading = {.arena = arena};

	*claim = (struct claim){.state = HC_CLAIM_FENCING};
	if (size && size <= CLAIM_MAX)
		reading.object = hc_json_parse(text, size, DEPTH);
	if (!json_object_is_type(reading.object, json_type_object))
		reading.why = "it is no JSON object";
	else if (json_number(reading.object, "format_version", 0) != FORMAT)
		reading.why = "its format is not one that this hcstate knows";
	else
		read_all(&reading, claim);
	json_object_put(reading.object);
	*why = reading.why;
	return reading.why ? -EBADMSG : 0;
}
