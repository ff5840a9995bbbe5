/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage pools, as little as we promise of them: which pool of Ceph or which directory. What a
 * pool of another type is nobody asks.
 */

#include "pool_xml.h"

#include <errno.h>
#include <string.h>

#include "domain_parts.h"

#define CLIENT "client."

static void write_rbd(struct hc_arena *arena, struct xml *xml, const char *pool,
		      const struct hc_strings *hosts, const char *user, const char *secret_uuid)
{
	if (user && !strncmp(user, CLIENT, strlen(CLIENT)))
		user += strlen(CLIENT); /* libvirt says it without */
	xml_open(xml, "source", NULL);
	write_hosts(arena, xml, hosts);
	xml_text(xml, "name", pool);
	if (user) {
		xml_open(xml, "auth", "type", "ceph", "username", user, NULL);
		xml_leaf(xml, "secret", "uuid", secret_uuid, NULL);
		xml_close(xml);
	}
	xml_close(xml);
}

char *pool_write(struct hc_arena *arena, const struct hc_storage *storage, const char *name,
		 const char *uuid, const struct hc_strings *hosts, const char *user,
		 const char *secret_uuid)
{
	struct xml xml;

	xml_begin(&xml);
	xml_open(&xml, "pool", "type", hc_storage_words[storage->type], NULL);
	xml_text(&xml, "name", name);
	xml_text(&xml, "uuid", uuid);
	if (storage->type == HC_STORAGE_RBD) {
		write_rbd(arena, &xml, storage->pool ? storage->pool : name, hosts, user,
			  secret_uuid);
	} else {
		xml_open(&xml, "target", NULL);
		xml_text(&xml, "path", storage->path);
		xml_close(&xml);
	}
	xml_close(&xml);
	return xml_end(arena, &xml);
}

static uint64_t number_at(struct hc_arena *arena, const xmlNode *root, const char *name)
{
	return xml_number(xml_content(arena, xml_child(root, name, NULL)), 10, 0);
}

static void read_pool(struct hc_arena *arena, const xmlNode *root, struct hc_storage *storage)
{
	const xmlNode *source = xml_child(root, "source", NULL);
	const char *user = xml_attribute(arena, xml_child(source, "auth", NULL), "username");

	storage->capacity = number_at(arena, root, "capacity");
	storage->used = number_at(arena, root, "allocation");
	storage->available = number_at(arena, root, "available");
	if (storage->type == HC_STORAGE_DIR) {
		storage->path = xml_content(arena, xml_find(root, "target/path"));
		return;
	}
	storage->pool = xml_content(arena, xml_child(source, "name", NULL));
	storage->user = user ? hc_printf(arena, CLIENT "%s", user) : NULL;
	read_hosts(arena, source, &storage->hosts);
}

int pool_read(struct hc_arena *arena, const char *xml, struct hc_storage *storage,
	      const char **uuid, const char **why)
{
	_cleanup_(xml_freep) xmlDocPtr doc = NULL;
	const xmlNode *root = xml_parse(xml, "pool", &doc, why);
	const char *type;

	*storage = (struct hc_storage){0};
	*uuid = NULL;
	if (!root)
		return -EBADMSG;
	type = xml_attribute(arena, root, "type");
	while (type && hc_storage_words[storage->type] &&
	       strcmp(hc_storage_words[storage->type], type) != 0)
		storage->type++;
	if (!type || !hc_storage_words[storage->type]) {
		*why = hc_printf(arena, "it is a pool of type %s", type ? type : "?");
		storage->type = 0;
		return -ENOTSUP;
	}
	*uuid = xml_content(arena, xml_child(root, "uuid", NULL));
	read_pool(arena, root, storage);
	return 0;
}

const char *pool_read_secret(struct hc_arena *arena, const char *xml)
{
	_cleanup_(xml_freep) xmlDocPtr doc = NULL;
	const char *why;
	const xmlNode *root = xml_parse(xml, "pool", &doc, &why);

	return xml_attribute(arena, xml_find(root, "source/auth/secret"), "uuid");
}

char *secret_write(struct hc_arena *arena, const char *uuid, const char *usage,
		   const char *description)
{
	struct xml xml;

	xml_begin(&xml);
	xml_open(&xml, "secret", "ephemeral", "no", "private", "no", NULL);
	xml_text(&xml, "uuid", uuid);
	xml_text(&xml, "description", description);
	xml_open(&xml, "usage", "type", "ceph", NULL);
	xml_text(&xml, "name", usage);
	xml_close(&xml);
	xml_close(&xml);
	return xml_end(arena, &xml);
}
