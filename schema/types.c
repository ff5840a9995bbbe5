/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds that hcstate itself knows, so that every manifest validates everywhere. */

#include <hcstate/ceph_cluster.h>
#include <hcstate/ceph_daemon.h>
#include <hcstate/ceph_osd.h>
#include <hcstate/ceph_pool.h>
#include <hcstate/cluster.h>
#include <hcstate/ha.h>
#include <hcstate/net.h>
#include <hcstate/secret.h>
#include <hcstate/storage.h>
#include <hcstate/vm.h>

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
		/* Ceph */
		&hc_ceph_cluster,
		&hc_ceph_config,
		&hc_ceph_fsid,
		&hc_ceph_node,
		&hc_ceph_monitor,
		&hc_ceph_manager,
		&hc_ceph_mds,
		&hc_ceph_osd,
		&hc_ceph_device,
		&hc_ceph_rule,
		&hc_ceph_profile,
		&hc_ceph_pool,
		&hc_ceph_fs,
		&hc_ceph_key,
		/* virtual machines */
		&hc_vm_host,
		&hc_storage,
		&hc_image,
		&hc_image_file,
		&hc_vm,
		&hc_vm_disk,
		&hc_vm_net,
		&hc_vm_cloud_init,
		&hc_vm_claim,
		/* high availability */
		&hc_ha_policy,
		&hc_ha_group,
		&hc_ha_member,
		&hc_ha_resource,
		&hc_ha_node,
		NULL,
	};
	return types;
}
