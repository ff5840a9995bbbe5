/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answers about OSDs. The OSD map knows who is up and in; where each stands, its class and its
 * weight is the CRUSH map's, which is taken first.
 */

#include "facts_take.h"

#include <string.h>

#include <hcstate/ceph_cluster.h>

/* CRUSH's weights are numbers of 16.16 bits. */
#define WEIGHT_ONE 0x10000
#define NEARFULL 0.85 /* Ceph's own default */

static struct fact_osd *osd_of(struct facts *facts, uint32_t id)
{
	for (size_t i = 0; i < facts->nosd; i++)
		if (facts->osds[i].id == id)
			return &facts->osds[i];
	return NULL;
}

static int by_id(const void *a, const void *b)
{
	const struct fact_osd *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* Which devices CRUSH has; osd dump says which of them are OSDs. */
static void take_devices(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	size_t n;
	struct json_object *devices = json_list(answer, "devices", &n);

	facts->osds = hc_alloc(arena, (n + 1) * sizeof(*facts->osds));
	for (size_t i = 0; i < n; i++) {
		struct json_object *device = json_object_array_get_idx(devices, i);
		uint32_t id = take_u32(device, "id", UINT32_MAX);

		if (id == UINT32_MAX || osd_of(facts, id))
			continue;
		facts->osds[facts->nosd++] = (struct fact_osd){
			.id = id,
			.uuid = "",
			.host = "",
			.device_class = take_text(arena, device, "class"),
		};
	}
}

/* Each device class has a shadow of every bucket, "HOST~CLASS", which is no place of its own. */
static void take_buckets(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	size_t n;
	struct json_object *buckets = json_list(answer, "buckets", &n);

	for (size_t i = 0; i < n; i++) {
		size_t nitem;
		struct json_object *bucket = json_object_array_get_idx(buckets, i);
		struct json_object *items = json_list(bucket, "items", &nitem);
		const char *name = take_text(arena, bucket, "name");
		bool is_host = !strcmp(take_text(arena, bucket, "type_name"), "host");

		for (size_t k = 0; k < nitem && !strchr(name, '~'); k++) {
			struct json_object *item = json_object_array_get_idx(items, k);
			struct fact_osd *osd = osd_of(facts, take_u32(item, "id", UINT32_MAX));

			if (!osd)
				continue;
			osd->weight = json_decimal(item, "weight", 0) / WEIGHT_ONE;
			if (is_host)
				osd->host = name;
		}
	}
}

/* The first step that takes says where it begins, the one that chooses says over what. */
static void take_steps(struct hc_arena *arena, struct json_object *rule, struct fact_rule *to)
{
	size_t n;
	struct json_object *steps = json_list(rule, "steps", &n);

	for (size_t i = 0; i < n; i++) {
		struct json_object *step = json_object_array_get_idx(steps, i);
		const char *op = take_text(arena, step, "op");

		if (!strcmp(op, "take") && !*to->root) {
			const char *from = take_text(arena, step, "item_name");
			size_t size = strcspn(from, "~");

			to->root = hc_strndup(arena, from, size);
			to->device_class = from[size] ? from + size + 1 : "";
		} else if (!strncmp(op, "choose", strlen("choose")) && !*to->failure_domain) {
			to->failure_domain = take_text(arena, step, "type");
		}
	}
}

static void take_rules(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	size_t n;
	struct json_object *rules = json_list(answer, "rules", &n);

	facts->rules = hc_alloc(arena, (n + 1) * sizeof(*facts->rules));
	for (size_t i = 0; i < n; i++) {
		struct json_object *rule = json_object_array_get_idx(rules, i);
		struct fact_rule *to = &facts->rules[facts->nrule];

		*to = (struct fact_rule){
			.id = take_u32(rule, "rule_id", UINT32_MAX),
			.name = take_text(arena, rule, "rule_name"),
			.root = "",
			.failure_domain = "",
			.device_class = "",
		};
		take_steps(arena, rule, to);
		facts->nrule += *to->name != '\0';
	}
}

void take_crush(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	take_devices(arena, answer, facts);
	take_buckets(arena, answer, facts);
	take_rules(arena, answer, facts);
}

static void take_osd(struct hc_arena *arena, struct json_object *from, struct fact_osd *to)
{
	to->uuid = take_text(arena, from, "uuid");
	to->exists = !json_lists(from, "state", "destroyed");
	to->up = json_number(from, "up", 0);
	to->in = json_number(from, "in", 0);
	to->up_from = take_u32(from, "up_from", 0);
}

/* What CRUSH knows of those that the map names; the map's may be more and less than CRUSH's. */
static void merge_osds(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	size_t n;
	struct json_object *osds = json_list(answer, "osds", &n);
	struct facts merged = {.osds = hc_alloc(arena, (n + 1) * sizeof(*merged.osds))};

	for (size_t i = 0; i < n; i++) {
		struct json_object *from = json_object_array_get_idx(osds, i);
		uint32_t id = take_u32(from, "osd", UINT32_MAX);
		const struct fact_osd *known = osd_of(facts, id);
		struct fact_osd *to = &merged.osds[merged.nosd];

		if (id == UINT32_MAX)
			continue;
		*to = known ? *known : (struct fact_osd){.id = id, .host = "", .device_class = ""};
		take_osd(arena, from, to);
		merged.nosd++;
	}
	qsort(merged.osds, merged.nosd, sizeof(*merged.osds), by_id);
	facts->osds = merged.osds;
	facts->nosd = merged.nosd;
}

/* `pause` is two flags in the map. */
static void take_flags(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	size_t n;
	struct json_object *list = json_list(answer, "flags_set", &n);

	for (size_t i = 0; i < n; i++) {
		const char *flag = take_text(arena, json_object_array_get_idx(list, i), "");

		if (!strncmp(flag, "pause", strlen("pause")))
			flag = "pause";
		for (size_t k = 0; hc_ceph_flag_words[k]; k++)
			if (!strcmp(flag, hc_ceph_flag_words[k]))
				hc_strings_add(arena, &facts->flags, flag);
	}
}

void take_osds(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	facts->require_osd_release = take_text(arena, answer, "require_osd_release");
	facts->nearfull = json_decimal(answer, "nearfull_ratio", NEARFULL);
	take_flags(arena, answer, facts);
	merge_osds(arena, answer, facts);
}

void take_usage(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	size_t n;
	struct json_object *nodes = json_list(answer, "nodes", &n);

	(void)arena;
	for (size_t i = 0; i < n; i++) {
		struct json_object *node = json_object_array_get_idx(nodes, i);
		struct fact_osd *osd = osd_of(facts, take_u32(node, "id", UINT32_MAX));

		if (!osd)
			continue;
		/* in KiB; what would not fit in bytes is nonsense */
		osd->used = (json_number(node, "kb_used", 0) & UINT64_MAX >> 10) << 10;
		osd->total = (json_number(node, "kb", 0) & UINT64_MAX >> 10) << 10;
		osd->pgs = take_u32(node, "pgs", 0);
	}
}
