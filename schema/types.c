/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds that hcstate itself knows, so that every manifest validates everywhere. */

#include <hcstate/cluster.h>
#include <hcstate/net.h>
#include <hcstate/secret.h>

const struct hc_type *const *hc_core_types(void)
{
	static const struct hc_type *const types[] = {
		/* who is there, and what they share */
		&hc_node,
		&hc_node_key,
		&hc_secret,
		&hc_secret_value,
		/* corosync */
		&hc_cluster,
		&hc_cluster_link,
		&hc_corosync,
		/* the network */
		&hc_ethernet,
		&hc_bridge,
		&hc_port,
		&hc_net_address,
		&hc_route,
		&hc_networkd,
		NULL,
	};
	return types;
}
