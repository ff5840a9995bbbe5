/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate simulate --fail NODE: what would come of it if that node failed now. Of the cluster as
 * the agent sees it, or as this machine does; with -f of manifests alone, as if all were where the
 * rules put it.
 */

#include "simulate_fail.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include <hcstate/cluster.h>
#include <reconciler/json.h>
#include <reconciler/simulate/fail.h>

#include "ha.h"

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void print_vm(const struct fail_vm *vm)
{
	printf("  %s: %s", vm->vm, vm->was);
	if (!vm->is)
		puts(", and nobody asks for it any more");
	else if (!vm->to && !strcmp(vm->was, vm->is))
		puts(", stays so");
	else if (!vm->to)
		printf(", has no other place: %s\n", vm->is);
	else if (vm->after)
		printf(", runs on %s after %.1f s\n", vm->to, (double)vm->after / 1000);
	else
		printf(", %s on %s\n", vm->is, vm->to);
}

static void print_pool(const struct fail_pool *pool)
{
	printf("  CephPool/%s: %" PRIu32 " of %" PRIu32 " copies are left, min_size %" PRIu32
	       ": %s\n",
	       pool->name, pool->left, pool->size, pool->min_size,
	       pool->serves ? "it goes on" : "it stops");
}

static void print_text(const char *node, const struct fail *fail)
{
	printf("%s fails\n  quorum: %" PRIu64 " of %" PRIu64 " vote%s are left: %s\n", node,
	       fail->left, fail->votes, plural(fail->votes),
	       fail->quorate ? "it holds" : "it is lost, and all VMs under HA are suspended");
	for (size_t i = 0; i < fail->nvm; i++)
		print_vm(&fail->vms[i]);
	for (size_t i = 0; i < fail->npool; i++)
		print_pool(&fail->pools[i]);
	for (size_t i = 0; i < fail->warnings.n; i++)
		printf("  warning: %s\n", fail->warnings.v[i]);
}

static struct json_object *line(const char *event)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "event", hc_json_string(event));
	return object;
}

static void put(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, hc_json_string(text));
}

static void put_number(struct json_object *object, const char *key, uint64_t n)
{
	json_object_object_add(object, key, json_object_new_uint64(n));
}

static void put_bool(struct json_object *object, const char *key, bool is)
{
	json_object_object_add(object, key, json_object_new_boolean(is));
}

static void print(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static void print_vm_line(const struct fail_vm *vm, const char *node)
{
	struct json_object *object = line("failover");

	put(object, "resource", vm->vm);
	put(object, "from", node);
	put(object, "to", vm->to);
	put(object, "was", vm->was);
	put(object, "state", vm->is);
	json_object_object_add(object, "after",
			       vm->after ? json_object_new_double((double)vm->after / 1000) : NULL);
	print(object);
}

static void print_pool_line(const struct fail_pool *pool)
{
	struct json_object *object = line("pool");

	put(object, "pool", pool->name);
	put_number(object, "size", pool->size);
	put_number(object, "min_size", pool->min_size);
	put_number(object, "left", pool->left);
	put_bool(object, "serves", pool->serves);
	print(object);
}

static void print_lines(const char *node, const struct fail *fail)
{
	struct json_object *object = line("quorum");

	put_number(object, "votes", fail->votes);
	put_number(object, "left", fail->left);
	put_bool(object, "quorate", fail->quorate);
	print(object);
	for (size_t i = 0; i < fail->nvm; i++)
		print_vm_line(&fail->vms[i], node);
	for (size_t i = 0; i < fail->npool; i++)
		print_pool_line(&fail->pools[i]);
	for (size_t i = 0; i < fail->warnings.n; i++) {
		object = line("warning");
		put(object, "text", fail->warnings.v[i]);
		print(object);
	}
}

static bool is_node(struct hc_arena *arena, const struct hc_set *whole, const char *name)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(whole, &hc_node, &n);
	const char **names = hc_alloc(arena, (n + 1) * sizeof(*names)), *near;

	for (size_t i = 0; i < n; i++) {
		names[i] = v[i]->name;
		if (!strcmp(names[i], name))
			return true;
	}
	near = hc_nearest(name, names);
	fprintf(stderr, "hcstate: there is no Node %s in the manifests%s%s%s\n", name,
		near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	return false;
}

/* What the agents themselves warn of: they know how much room there is. */
static void add_warnings(struct hc_arena *arena, const struct hc_set *live, const char *node,
			 struct fail *fail)
{
	const char *begins = hc_printf(arena, "if %s dies", node);
	size_t n;
	struct hc_resource *const *v = hc_of_type(live, &hc_ha_policy, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_ha_policy *policy = v[i]->spec;

		for (size_t k = 0; k < policy->warnings.n; k++)
			if (strstr(policy->warnings.v[k], begins))
				hc_strings_add(arena, &fail->warnings, policy->warnings.v[k]);
	}
}

static int tell(const struct options *options, const struct hc_set *whole,
		const struct hc_set *live)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct fail fail;

	if (!is_node(arena, whole, options->fail))
		return EXIT_USAGE;
	simulate_fail(arena, whole, live, options->fail, &fail);
	if (live)
		add_warnings(arena, live, options->fail, &fail);
	if (options->output == OUTPUT_JSON)
		print_lines(options->fail, &fail);
	else
		print_text(options->fail, &fail);
	return EXIT_DONE;
}

static int tell_of_manifests(const struct options *options)
{
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();
	_cleanup_(hc_generation_freep) struct hc_generation *generation = NULL;
	int exitcode;

	hc_registry_load(registry, NULL);
	generation = command_load(options, registry, &exitcode);
	return generation ? tell(options, &generation->desired, NULL) : exitcode;
}

int simulate_fail_command(const struct options *options)
{
	struct ha_seen_here seen;
	int exitcode;

	if (options->narg) {
		fputs("hcstate: --fail wants no scenario\n", stderr);
		return EXIT_USAGE;
	}
	if (options->alone && !options->live)
		return tell_of_manifests(options);
	exitcode = ha_look(options, true, &seen);
	if (!exitcode)
		exitcode = tell(options, &seen.desired, &seen.live.found);
	ha_look_end(&seen);
	return exitcode;
}
