/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CephOsd: one disk that keeps data; and CephDevice, what a disk is, which is read to decide about
 * OSDs and compared with nothing.
 */

#include <hcstate/ceph_osd.h>

#include <string.h>

#include <hcstate/ceph_cluster.h>
#include <hcstate/resource.h>

const char *const hc_ceph_replace_words[] = {"ask", "auto", NULL};
static const char *const data_words[] = {"present", "lost", "unfound", NULL};
static const char *const content_words[] = {"blank",   "ours",       "former", "strangers", "other",
					    "missing", "unreadable", "begun",  NULL};

#define DEVICE                                                                                     \
	.max = 255, .pattern = "^/dev/[^[:space:][:cntrl:]]+$", .pattern_doc = "a path below /dev"
#define DECIMAL .pattern = "^[0-9]{1,9}(\\.[0-9]{1,9})?$", .pattern_doc = "a decimal number"

static const struct hc_field osd_fields[] = {
	hc_string(
		struct hc_ceph_osd, device, .absent = HC_REQUIRED, .cost = HC_NEVER, DEVICE,
		.column = "DEVICE",
		.doc = "The disk, by a path that stays: /dev/disk/by-id/... or by-path/... A plain "
		       "/dev/sdb may be another disk after a reboot."),
	hc_string(struct hc_ceph_osd, db_device, .cost = HC_NEVER, DEVICE,
		  .doc = "A faster device for its database (block.db). Needs LVM (ceph-volume)."),
	hc_string(struct hc_ceph_osd, wal_device, .cost = HC_NEVER, DEVICE,
		  .doc = "A device for its write-ahead log (block.wal). Needs LVM (ceph-volume)."),
	hc_u64(struct hc_ceph_osd, db_size, .cost = HC_NEVER, .unit = "bytes",
	       .min = UINT64_C(1) << 30,
	       .doc = "How much of db_device it gets. Without it all of it."),
	hc_string(struct hc_ceph_osd, device_class, .max = 63, .column = "CLASS",
		  .pattern = "^[A-Za-z0-9_.-]+$", .pattern_doc = "letters, digits, _ . and -",
		  .doc = "hdd, ssd, nvme or a class of your own, for CRUSH rules. Without it what "
			 "Ceph finds."),
	hc_bool(struct hc_ceph_osd, encrypted, .absent = HC_RESET, .unset = "false",
		.cost = HC_NEVER, .doc = "Encrypted with dm-crypt. Needs LVM (ceph-volume)."),
	hc_string(struct hc_ceph_osd, weight, DECIMAL, .column = "WEIGHT",
		  .doc = "Its CRUSH weight: how much data it gets beside others. Without it what "
			 "Ceph gives it, its size in TiB."),
	hc_bool(struct hc_ceph_osd, in, .absent = HC_RESET, .unset = "true", .column = "IN",
		.doc = "Whether it takes data; false drains it."),
	hc_enum(struct hc_ceph_osd, replace, .absent = HC_RESET, .unset = "ask",
		.words = hc_ceph_replace_words,
		.doc = "When the disk is lost and a blank one is in its place: ask for --approve, "
		       "or "
		       "auto. A device that is named by-id or by-path needs neither: nobody else's "
		       "disk can be there."),
	hc_bool(struct hc_ceph_osd, wipe, .absent = HC_RESET, .unset = "false",
		.doc = "Whether what the device holds may be destroyed to make this OSD, once it "
		       "was "
		       "approved too."),
	hc_enum(struct hc_ceph_osd, data, .origin = HC_DERIVED, .cost = HC_ANEW,
		.words = data_words, .doc = "Whether its data is on a disk of this node."),
	hc_bool(struct hc_ceph_osd, enabled, .origin = HC_DERIVED,
		.doc = "Whether its unit starts at boot."),
	hc_bool(struct hc_ceph_osd, active, .origin = HC_DERIVED, .doc = "Whether its unit runs."),
	hc_bool(struct hc_ceph_osd, up, .origin = HC_DERIVED, .column = "UP",
		.doc = "Whether it takes part."),
	hc_bool(struct hc_ceph_osd, linked, .origin = HC_DERIVED,
		.doc = "Whether its data directory, key and block link are right."),
	hc_u32(struct hc_ceph_osd, id, .origin = HC_OBSERVED, .column = "ID",
	       .doc = "Its number in Ceph."),
	hc_string(struct hc_ceph_osd, osd_uuid, .origin = HC_OBSERVED, .doc = "Its UUID."),
	hc_bool(struct hc_ceph_osd, failed, .origin = HC_OBSERVED,
		.doc = "Whether its unit ended with an error."),
	hc_u64(struct hc_ceph_osd, used, .origin = HC_OBSERVED, .unit = "bytes", .column = "USED",
	       .doc = "Space in use."),
	hc_u64(struct hc_ceph_osd, total, .origin = HC_OBSERVED, .unit = "bytes", .column = "TOTAL",
	       .doc = "Its size."),
	hc_u32(struct hc_ceph_osd, pgs, .origin = HC_OBSERVED, .column = "PGS",
	       .doc = "Placement groups on it."),
	hc_string(struct hc_ceph_osd, ok_to_stop, .origin = HC_OBSERVED,
		  .doc = "When it is lost or to go: why it may not stop."),
	hc_string(struct hc_ceph_osd, safe_to_destroy, .origin = HC_OBSERVED,
		  .doc = "When it is lost or to go: why data would be lost with it."),
	hc_string(struct hc_ceph_osd, spare, .origin = HC_OBSERVED,
		  .doc = "When it is lost or to go: why the others cannot hold as many copies."),
	hc_string(struct hc_ceph_osd, space, .origin = HC_OBSERVED,
		  .doc = "When it is lost or to go: why the others have no room for its data."),
	hc_bool(struct hc_ceph_osd, all_active, .origin = HC_OBSERVED,
		.doc = "When it is lost or to go: whether all placement groups are active without "
		       "it."),
	hc_string(struct hc_ceph_osd, settling, .origin = HC_OBSERVED,
		  .doc = "When it is lost or to go: what of that passes by itself."),
	hc_string(struct hc_ceph_osd, data_why, .origin = HC_OBSERVED,
		  .doc = "Why its data counts as lost or unfound."),
};

static const struct hc_field device_fields[] = {
	hc_string(struct hc_ceph_device, real, .origin = HC_OBSERVED,
		  .doc = "MAJOR:MINOR of the device that the path names."),
	hc_u64(struct hc_ceph_device, size, .origin = HC_OBSERVED, .unit = "bytes",
	       .doc = "Its size."),
	hc_enum(struct hc_ceph_device, content, .origin = HC_OBSERVED, .words = content_words,
		.doc = "What it holds."),
	hc_string(struct hc_ceph_device, what, .origin = HC_OBSERVED, .doc = "The same in words."),
	hc_string(struct hc_ceph_device, osd_uuid, .origin = HC_OBSERVED, .doc = "The OSD on it."),
	hc_string(struct hc_ceph_device, fsid, .origin = HC_OBSERVED,
		  .doc = "The cluster of that OSD."),
	hc_u32(struct hc_ceph_device, id, .origin = HC_OBSERVED, .doc = "That OSD's number."),
	hc_bool(struct hc_ceph_device, used, .origin = HC_OBSERVED,
		.doc = "Whether it is mounted or part of something else."),
	hc_bool(struct hc_ceph_device, stable, .origin = HC_OBSERVED,
		.doc = "Whether the path means the same disk after a reboot."),
	hc_string(struct hc_ceph_device, stable_path, .origin = HC_OBSERVED,
		  .doc = "A path of it that does, where this one does not."),
	hc_string(struct hc_ceph_device, group, .origin = HC_OBSERVED,
		  .doc = "LVM's volume group on it."),
	hc_u64(struct hc_ceph_device, free, .origin = HC_OBSERVED, .unit = "bytes",
	       .doc = "Room in that group for its document's OSD."),
	hc_string(struct hc_ceph_device, lvm, .origin = HC_OBSERVED,
		  .doc = "Where its document needs LVM: why it cannot be used."),
};

static struct hc_place place_of(const struct hc_resource *r, const char *field)
{
	return hc_field_place(r, hc_field_index(r->type, field));
}

static void check_device(const struct hc_resource *r, struct hc_resource *const *before, size_t n,
			 struct hc_diags *diags)
{
	const struct hc_ceph_osd *osd = r->spec;

	for (size_t i = 0; i < n && osd->device; i++) {
		const struct hc_ceph_osd *other = before[i]->spec;

		if (r->node && before[i]->node && other->device &&
		    !strcmp(r->node, before[i]->node) && !strcmp(osd->device, other->device))
			hc_say(diags, HC_ERROR, place_of(r, "device"),
			       "%s on %s is the device of CephOsd/%s already", osd->device, r->node,
			       before[i]->name);
	}
}

static void check_parts(const struct hc_resource *r, struct hc_diags *diags)
{
	const struct hc_ceph_osd *osd = r->spec;

	if (hc_has_field(r, struct hc_ceph_osd, db_size) && !osd->db_device)
		hc_say(diags, HC_ERROR, place_of(r, "db_size"), "db_size without a db_device");
	if (osd->device && ((osd->db_device && !strcmp(osd->device, osd->db_device)) ||
			    (osd->wal_device && !strcmp(osd->device, osd->wal_device))))
		hc_say(diags, HC_ERROR, place_of(r, "device"),
		       "one device cannot be its own database or log");
}

static void check(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n, nc;
	struct hc_resource *const *v = hc_of_type(desired, &hc_ceph_osd, &n);

	(void)hc_of_type(desired, &hc_ceph_cluster, &nc);
	if (n && !nc)
		hc_say(diags, HC_ERROR, v[0]->place, "there is no CephCluster");
	for (size_t i = 0; i < n; i++) {
		check_device(v[i], v, i, diags);
		check_parts(v[i], diags);
	}
}

const struct hc_type hc_ceph_osd = {
	.name = "CephOsd",
	.doc = "A disk that keeps data, and the daemon for it. The document's name is yours; the "
	       "number is Ceph's. Removing the document keeps the OSD until it is approved.",
	.scope = HC_NODE,
	.from = HC_KIND,
	HC_FIELDS(osd_fields),
	.size = sizeof(struct hc_ceph_osd),
	.check = check,
};

const struct hc_type hc_ceph_device = {
	.name = "CephDevice",
	.doc = "What a disk of this node holds. Only read.",
	.scope = HC_NODE,
	.from = HC_MADE,
	.evidence = true,
	HC_FIELDS(device_fields),
	.size = sizeof(struct hc_ceph_device),
};
