/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of decisions as JSON. A decision is made from it without further questions, so it is
 * checked here to be one that ha_decide() could have given: each name once and in order, a target
 * where something moves and nowhere else. Epoch and nonce stand beside it, not in it.
 */

#include "memory_json.h"

#include <errno.h>
#include <string.h>

#include "reading.h"

enum {
	MOST_FAILED = 64, /* nodes on which a start failed; max_relocate ends it long before */
	MOST_RESTARTS = 1000000,
};

static struct json_object *node_json(const struct ha_node *node)
{
	struct json_object *object = json_object_new_object();

	put_name(object, "name", node->name);
	put_name(object, "is", ha_node_words[node->is]);
	put_number(object, "since", node->since);
	put_number(object, "lost", node->lost);
	return object;
}

static struct json_object *failover_json(const struct ha_vm *vm)
{
	struct json_object *object = json_object_new_object();

	put_name(object, "from", vm->fled);
	put_number(object, "lost", vm->lost);
	put_number(object, "fenced", vm->fenced);
	put_number(object, "recovered", vm->recovered);
	put_number(object, "runs", vm->runs);
	return object;
}

static bool has_failover(const struct ha_vm *vm)
{
	return vm->fled || vm->lost || vm->fenced || vm->recovered || vm->runs;
}

static struct json_object *vm_json(const struct ha_vm *vm)
{
	struct json_object *object = json_object_new_object();

	put_name(object, "vm", vm->vm);
	put_name(object, "is", ha_words[vm->is]);
	put_name(object, "node", vm->node);
	put_name(object, "target", vm->target);
	put_number(object, "since", vm->since);
	put_number(object, "order", vm->order);
	put_number(object, "restarts", vm->restarts);
	put_names(object, "failed", &vm->failed);
	put_name(object, "home", vm->home);
	put_number(object, "stays", vm->stays);
	if (has_failover(vm))
		json_object_object_add(object, "failover", failover_json(vm));
	return object;
}

char *ha_memory_write(struct hc_arena *arena, const struct ha_memory *memory)
{
	struct json_object *object = json_object_new_object();
	struct json_object *nodes = json_object_new_array(), *vms = json_object_new_array();

	put_number(object, "version", READING_VERSION);
	for (size_t i = 0; i < memory->nnode; i++)
		json_object_array_add(nodes, node_json(&memory->nodes[i]));
	for (size_t i = 0; i < memory->nvm; i++)
		json_object_array_add(vms, vm_json(&memory->vms[i]));
	json_object_object_add(object, "nodes", nodes);
	json_object_object_add(object, "vms", vms);
	return put_text(arena, object);
}

static uint64_t moment(struct reading *reading, struct json_object *object, const char *key)
{
	return reading_number(reading, object, key, INT64_MAX);
}

static struct ha_node read_node(struct reading *reading, struct json_object *object)
{
	return (struct ha_node){
		.name = reading_name(reading, object, "name", false),
		.is = reading_word(reading, object, "is", ha_node_words, HA_GONE + 1),
		.since = moment(reading, object, "since"),
		.lost = moment(reading, object, "lost"),
	};
}

static void read_failover(struct reading *reading, struct json_object *object, struct ha_vm *vm)
{
	struct json_object *failover;

	if (!json_object_object_get_ex(object, "failover", &failover))
		return;
	if (!json_object_is_type(failover, json_type_object)) {
		reading_wrong(reading, "failover");
		return;
	}
	vm->fled = reading_name(reading, failover, "from", true);
	vm->lost = moment(reading, failover, "lost");
	vm->fenced = moment(reading, failover, "fenced");
	vm->recovered = moment(reading, failover, "recovered");
	vm->runs = moment(reading, failover, "runs");
}

static struct ha_vm read_vm(struct reading *reading, struct json_object *object)
{
	struct ha_vm vm = {
		.vm = reading_name(reading, object, "vm", false),
		.is = reading_word(reading, object, "is", ha_words, HA_IS_ERROR + 1),
		.node = reading_name(reading, object, "node", false),
		.target = reading_name(reading, object, "target", true),
		.since = moment(reading, object, "since"),
		.order = reading_number(reading, object, "order", INT64_MAX - 1),
		.restarts = (uint32_t)reading_number(reading, object, "restarts", MOST_RESTARTS),
		.failed = reading_names(reading, object, "failed", MOST_FAILED),
		.home = reading_name(reading, object, "home", true),
		.stays = moment(reading, object, "stays"),
	};
	bool moves = vm.is == HA_IS_MIGRATE || vm.is == HA_IS_RELOCATE;

	if (moves != !!vm.target)
		reading_wrong(reading, "target");
	read_failover(reading, object, &vm);
	return vm;
}

static void read_nodes(struct reading *reading, struct json_object *object,
		       struct ha_memory *memory)
{
	struct json_object *list =
		reading_list(reading, object, "nodes", HA_MOST_NODES, &memory->nnode);
	struct ha_node *v = hc_alloc(reading->arena, memory->nnode * sizeof(*v));

	for (size_t i = 0; i < memory->nnode; i++) {
		v[i] = read_node(reading, json_object_array_get_idx(list, i));
		if (i && strcmp(v[i - 1].name, v[i].name) >= 0)
			reading_wrong(reading, "order of nodes");
	}
	memory->nodes = v;
}

static void read_vms(struct reading *reading, struct json_object *object, struct ha_memory *memory)
{
	struct json_object *list = reading_list(reading, object, "vms", HA_MOST_VMS, &memory->nvm);
	struct ha_vm *v = hc_alloc(reading->arena, memory->nvm * sizeof(*v));

	for (size_t i = 0; i < memory->nvm; i++) {
		v[i] = read_vm(reading, json_object_array_get_idx(list, i));
		if (i && strcmp(v[i - 1].vm, v[i].vm) >= 0)
			reading_wrong(reading, "order of VMs");
	}
	memory->vms = v;
}

int ha_memory_read(struct hc_arena *arena, const char *text, size_t size, struct ha_memory *memory,
		   const char **why)
{
	struct reading reading = {.arena = arena};
	struct json_object *object;

	*memory = (struct ha_memory){0};
	*why = NULL;
	if (!size)
		return 0;
	object = reading_begin(&reading, text, size, HA_MEMORY_MAX);
	if (object) {
		read_nodes(&reading, object, memory);
		read_vms(&reading, object, memory);
	}
	json_object_put(object);
	*why = reading.why;
	if (reading.why)
		*memory = (struct ha_memory){0};
	return reading.why ? -EBADMSG : 0;
}
