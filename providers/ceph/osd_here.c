/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The change's OSD as its own disk tells of it. A step that follows on the disk's being made needs
 * no more than its number, and the monitors have better to do than to list everything for that.
 */

#include "osd.h"

#include <string.h>
#include <sys/stat.h>

static bool is_new(const struct hc_change *change)
{
	return !change->have || change->action == HC_REPLACE;
}

/* The one that the document's disk carries. */
static const struct label *on_disk(const struct hc_change *change, const struct scan *scan)
{
	const struct hc_ceph_osd *want = change->want->spec;
	struct stat st;

	if (stat(want->device, &st) || !S_ISBLK(st.st_mode))
		return NULL;
	for (size_t i = 0; i < scan->nlabel; i++) {
		const struct label *label = &scan->labels[i];

		if (label->disk == st.st_rdev && label->osd_uuid && label->data &&
		    label->id != UINT32_MAX)
			return label;
	}
	return NULL;
}

int osd_here(struct hc_call *call, const struct hc_change *change, struct osd_here *here)
{
	const struct hc_ceph_osd *have = change->have ? change->have->spec : NULL;
	struct scan scan;
	int r = scan_disks(call, &scan);

	if (r)
		return r;
	if (!is_new(change)) {
		*here = (struct osd_here){have->id, have->osd_uuid,
					  scan_label(&scan, have->osd_uuid)};
		return 0;
	}
	here->label = on_disk(change, &scan);
	if (!here->label)
		return hc_wait(call, "its disk does not show");
	here->id = here->label->id;
	here->uuid = here->label->osd_uuid;
	return 0;
}
