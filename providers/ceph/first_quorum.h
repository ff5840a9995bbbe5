/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The first quorum of a new cluster, sooner than the monitors would find it by themselves. The
 * first thing that they agree on is the map, and with a new map they elect again. Who comes to that
 * election a moment before another has seen the map asks in vain, and nobody asks twice: they all
 * sit out mon_election_timeout, five seconds. Asking the first of them to begin once more ends it
 * at once.
 */

#include <hcstate/provider.h>

/* Waits a moment until this node's monitor, whose database was made in a bootstrap that is not
 * over, is in a quorum; the first by rank also asks for another election when one drags on. At
 * any other time it returns at once. */
void first_quorum(struct hc_call *call);
