/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage and Image. A Storage is libvirt's pool of that name on each of its nodes; `storage: true`
 * of a CephPool is one of type rbd on every node.
 */

#include <hcstate/storage.h>

#include <string.h>

#include <hcstate/ceph_cluster.h>
#include <hcstate/ceph_pool.h>
#include <hcstate/resource.h>

const char *const hc_storage_words[] = {"rbd", "dir", NULL};
const char *const hc_image_format_words[] = {"raw", "qcow2", NULL};

#define PATH                                                                                       \
	.max = 1023, .pattern = "^/[A-Za-z0-9_.,:@+/-]*$",                                         \
	.pattern_doc = "an absolute path of letters, digits and _ . , : @ + -"

static const struct hc_field storage_fields[] = {
	hc_enum(struct hc_storage, type, .words = hc_storage_words, .absent = HC_REQUIRED,
		.cost = HC_ANEW, .column = "TYPE",
		.doc = "What it is: a pool of Ceph, a directory."),
	hc_string(struct hc_storage, pool, .cost = HC_ANEW, .prefers = "CephPool", .max = 127,
		  .doc = "rbd: Ceph's pool; the one of the storage's name where it is not said."),
	hc_string(
		struct hc_storage, user, .cost = HC_LIVE, .prefers = "CephKey", .max = 127,
		.doc = "rbd: the CephKey that libvirt uses; client.libvirt where it is not said."),
	hc_string(struct hc_storage, path, .cost = HC_ANEW, PATH, .doc = "dir: the directory."),
	hc_string(struct hc_storage, comment, .max = 255, .doc = "A note; it is kept nowhere."),
	hc_strings(struct hc_storage, hosts, .origin = HC_DERIVED, .absent = HC_RESET,
		   .doc = "rbd: the monitors that libvirt asks."),
	hc_enum(struct hc_storage, secret, .origin = HC_DERIVED, .words = hc_keyring_words,
		.doc = "rbd: whether libvirt's secret holds the user's key."),
	hc_bool(struct hc_storage, active, .origin = HC_DERIVED, .column = "ACTIVE",
		.doc = "Whether libvirt can use it now."),
	hc_bool(struct hc_storage, autostart, .origin = HC_DERIVED,
		.doc = "Whether libvirt activates it when it starts."),
	hc_u64(struct hc_storage, capacity, .origin = HC_OBSERVED, .unit = "bytes",
	       .column = "CAPACITY", .doc = "All of it."),
	hc_u64(struct hc_storage, used, .origin = HC_OBSERVED, .unit = "bytes", .column = "USED",
	       .doc = "What is taken."),
	hc_u64(struct hc_storage, available, .origin = HC_OBSERVED, .unit = "bytes",
	       .column = "AVAILABLE", .doc = "What is free."),
};

static const struct hc_field image_fields[] = {
	hc_string(struct hc_image, source, .absent = HC_REQUIRED, .cost = HC_LIVE, .max = 2047,
		  .pattern = "^(https?://[^[:space:][:cntrl:]@]+|/[^[:cntrl:]]+)$",
		  .pattern_doc = "https://..., http://... without a password, or an absolute path",
		  .doc = "Where it comes from. It is not fetched again when only this changes."),
	hc_string(struct hc_image, sha256, .absent = HC_REQUIRED, .cost = HC_ANEW,
		  .pattern = "^[0-9a-f]{64}$", .pattern_doc = "64 hexadecimal digits",
		  .doc = "The SHA-256 of the file at `source`. Nothing else is taken."),
	hc_enum(struct hc_image, format, .words = hc_image_format_words, .absent = HC_RESET,
		.unset = "raw", .cost = HC_ANEW,
		.doc = "What the file is; an ISO is raw. It is stored as raw."),
	hc_string(struct hc_image, storage, .absent = HC_REQUIRED, .cost = HC_ANEW,
		  .prefers = "Storage,CephPool", .doc = "The Storage that holds it."),
	hc_string(struct hc_image, comment, .max = 255, .doc = "A note; it is kept nowhere."),
	hc_u64(struct hc_image, size, .origin = HC_OBSERVED, .unit = "bytes", .column = "SIZE",
	       .doc = "As it is stored."),
	hc_strings(struct hc_image, clones, .origin = HC_OBSERVED,
		   .doc = "The disks that were cloned from it and need it."),
	hc_bool(struct hc_image, unfinished, .origin = HC_OBSERVED,
		.doc = "Only half of it was made, and no document asks for it any more."),
};

static const struct hc_field file_fields[] = {
	hc_string(struct hc_image_file, sha256, .origin = HC_DERIVED, .cost = HC_ANEW,
		  .doc = "Of the file that it was fetched as."),
	hc_u64(struct hc_image_file, size, .origin = HC_OBSERVED, .unit = "bytes", .column = "SIZE",
	       .doc = "As it is stored."),
	hc_bool(struct hc_image_file, unfinished, .origin = HC_OBSERVED,
		.doc = "Only half of it was made, and no document asks for it any more."),
};

static struct hc_place place_of(const struct hc_resource *r, const char *field)
{
	return hc_field_place(r, hc_field_index(r->type, field));
}

static bool is_storage(const struct hc_set *desired, const char *name)
{
	const struct hc_resource *pool = hc_find(desired, &hc_ceph_pool, NULL, name);
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_storage, &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i]->name, name))
			return true;
	return pool && ((const struct hc_ceph_pool *)pool->spec)->storage;
}

void hc_check_storage(const struct hc_set *desired, const struct hc_resource *r, const char *field,
		      const char *name, struct hc_diags *diags)
{
	if (!name || is_storage(desired, name))
		return;
	hc_hint(diags, hc_say(diags, HC_ERROR, place_of(r, field), "there is no Storage %s", name),
		"a Storage of that name, or storage: true in CephPool/%s", name);
}

/* Each of the fields that belong to a type, and to which. */
static void check_fields(const struct hc_resource *r, struct hc_diags *diags)
{
	static const struct {
		const char *name;
		unsigned type;
	} fields[] = {{"pool", HC_STORAGE_RBD}, {"user", HC_STORAGE_RBD}, {"path", HC_STORAGE_DIR}};
	const struct hc_storage *storage = r->spec;

	for (size_t i = 0; i < HC_COUNT(fields); i++)
		if (fields[i].type != storage->type &&
		    r->set & UINT64_C(1) << hc_field_index(r->type, fields[i].name))
			hc_say(diags, HC_ERROR, place_of(r, fields[i].name),
			       "a storage of type %s has no %s", hc_storage_words[storage->type],
			       fields[i].name);
	if (storage->type == HC_STORAGE_DIR && !storage->path)
		hc_say(diags, HC_ERROR, r->place, "a storage of type dir needs a path");
}

static void check_storages(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n, nc;
	struct hc_resource *const *v = hc_of_type(desired, &hc_storage, &n);

	(void)hc_of_type(desired, &hc_ceph_cluster, &nc);
	for (size_t i = 0; i < n; i++) {
		const struct hc_storage *storage = v[i]->spec;

		check_fields(v[i], diags);
		if (storage->type == HC_STORAGE_RBD && !nc)
			hc_say(diags, HC_ERROR, v[i]->place, "there is no CephCluster");
	}
}

static void check_images(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_image, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_image *image = v[i]->spec;

		hc_check_storage(desired, v[i], "storage", image->storage, diags);
		if (image->source && !strncmp(image->source, "http:", 5))
			hc_hint(diags,
				hc_say(diags, HC_WARNING, place_of(v[i], "source"),
				       "everybody on the way sees what is fetched by http"),
				"https");
	}
}

const struct hc_type hc_storage = {
	.name = "Storage",
	.doc = "Where disks and media of virtual machines are: a libvirt storage pool of that "
	       "name.",
	.scope = HC_NODE,
	.from = HC_KIND,
	HC_FIELDS(storage_fields),
	.size = sizeof(struct hc_storage),
	.check = check_storages,
};

const struct hc_type hc_image = {
	.name = "Image",
	.doc = "An ISO or a disk image from elsewhere. In a storage of Ceph it is there once, and "
	       "disks can be cloned from it.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(image_fields),
	.size = sizeof(struct hc_image),
	.check = check_images,
};

const struct hc_type hc_image_file = {
	.name = "ImageFile",
	.doc = "An Image in a directory of a node.",
	.scope = HC_NODE,
	.from = HC_MADE,
	HC_FIELDS(file_fields),
	.size = sizeof(struct hc_image_file),
};
