/* SPDX-License-Identifier: Apache-2.0 */
/* hcstate console: the serial console of a VM, wherever it runs, by virsh. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "claim_program.h"

int program_console(const struct program *program, const char *vm)
{
	const char *uri = "qemu:///system";
	struct claim claim;
	int r = program_find(program, vm, &claim);

	if (r)
		return r;
	if (claim.state != HC_CLAIM_RUNNING && claim.state != HC_CLAIM_MIGRATING)
		return program_fail(1, "%s does not run: its claim is %s on %s", vm,
				    hc_claim_state_words[claim.state],
				    claim.node ? claim.node : "no node");
	if (strcmp(claim.node, program->node) != 0) {
		const char *address = member_address(program->arena, claim.node);

		if (member_of(program->arena, claim.node) == MEMBER_GONE)
			return program_fail(75,
					    "%s has %s and is not a member of the cluster now: "
					    "nobody knows whether it runs",
					    claim.node, vm);
		if (!address)
			return program_fail(75, "corosync does not know the address of %s",
					    claim.node);
		uri = hc_printf(program->arena,
				strchr(address, ':') ? "qemu+tls://[%s]/system"
						     : "qemu+tls://%s/system",
				address);
	}
	(void)execlp("virsh", "virsh", "-c", uri, "console", claim.uuid, (char *)NULL);
	return program_fail(1, "virsh cannot be run: %s", strerror(errno));
}
