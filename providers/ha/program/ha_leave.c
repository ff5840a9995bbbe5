/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate-ha leave: the machine goes down. It says so, and holds that up until the HA VMs of this
 * node are where the shutdown policy wants them: moved away, or shut down in good order. What has
 * to be done for it the agent does, which still runs; here it is only waited for, by what stands in
 * Ceph.
 *
 * Waiting has an end: systemd's (TimeoutStopSec=), and where nobody could do anything any more.
 *
 * hcstate-ha stay: the machine has come up.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <reconciler/ha/memory_json.h>

#include "../../libvirt/claim_store.h"
#include "ha_program.h"
#include "systemd.h"

enum {
	LOOK_MS = 500,
};
#define SILENCE_US (UINT64_C(20) * 1000000) /* a new leader and new monitors are there by then */

static void bus_close(sd_bus **bus)
{
	sd_bus_flush_close_unref(*bus);
}

static bool is_here(const struct claim *claim, const char *node)
{
	return claim->node && !strcmp(claim->node, node) && claim->state != HC_CLAIM_FREE &&
	       !claim->why;
}

/* Whether it may still run here, by its claim. */
static bool runs_here(const struct program *program, const struct claim *v, size_t n,
		      const char *vm)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].vm && !strcmp(v[i].vm, vm))
			return is_here(&v[i], program->node);
	return false;
}

/* Nobody does anything about one in error; all others move away or are shut down, those too that
 * wait here for the node to come back. */
static bool is_waited_for(const struct program *program, const struct ha_vm *vm)
{
	return vm->node && !strcmp(vm->node, program->node) && vm->is != HA_IS_ERROR;
}

/* *vms: those that are waited for, as one text; "": none. 0 or a negative errno. */
static int look(const struct program *program, struct hc_arena *arena, const char **vms)
{
	const struct claim_store store = {.rados = program->rados};
	struct ha_memory memory = {0};
	struct record record;
	struct claim *v;
	const char *why;
	size_t n;
	int r = record_read(&program->store, arena, RECORD_STATE, &record);

	*vms = "";
	if (!r && record.epoch)
		r = ha_memory_read(arena, record.text, record.size, &memory, &why);
	if (!r)
		r = claim_store_list(&store, arena, &v, &n);
	for (size_t i = 0; !r && i < memory.nvm; i++) {
		const struct ha_vm *vm = &memory.vms[i];

		if (is_waited_for(program, vm) && runs_here(program, v, n, vm->vm))
			*vms = hc_printf(arena, "%s%s%s", *vms, **vms ? ", " : "", vm->vm);
	}
	return r;
}

/* Once for each set of them: it is shown on the console of a machine that goes down. */
static void tell(struct program *program, const char **told, const char *vms)
{
	if (*told && !strcmp(*told, vms))
		return;
	*told = hc_strdup(program->arena, vms);
	printf("hcstate: waiting for HA VMs to leave %s: %s\n", program->node, vms);
	(void)fflush(stdout); /* nobody may be reading */
}

static int wait_for_it(struct program *program, sd_bus *bus)
{
	uint64_t answered = hc_now();
	const char *told = NULL;

	while (systemd_agent_runs(bus)) {
		_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
		const char *vms;
		int r = look(program, arena, &vms);

		if (!r && !*vms)
			return DONE;
		if (!r) {
			answered = hc_now();
			tell(program, &told, vms);
		} else if (hc_now() - answered >= SILENCE_US) {
			return program_fail(LATER, "HA's records cannot be read (%s): not waited",
					    strerror(-r));
		}
		(void)usleep(LOOK_MS * 1000); /* what wakes it early does no harm */
	}
	return program_fail(LATER, "no agent runs that would look after the HA VMs: not waited");
}

int program_leave(struct program *program)
{
	_cleanup_(bus_close) sd_bus *bus = NULL;
	enum ha_leaving leaving = HA_STAYS;
	int r = sd_bus_open_system(&bus);

	if (r >= 0)
		r = systemd_leaving(bus, &leaving);
	if (r < 0)
		return program_fail(FAILED, "systemd does not tell what it is about: %s",
				    strerror(-r));
	if (leaving == HA_STAYS)
		return DONE; /* somebody stopped this unit, and nothing else */
	r = leaving_say(leaving);
	if (r)
		return program_fail(FAILED, "nobody learns that %s goes down: %s", program->node,
				    strerror(-r));
	r = program_open(program);
	if (r || !program->rados)
		return r; /* without Ceph there is no HA */
	return wait_for_it(program, bus);
}

int program_stay(void)
{
	int r = leaving_say(HA_STAYS);

	return r ? program_fail(FAILED, "%s", strerror(-r)) : DONE;
}
