/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether this node can boot a VM by UEFI. libvirt takes the definition of one in any case and says
 * what is missing only when it is started, in words that name no package. It goes by the files in
 * which firmware describes itself (QEMU's docs/interop/firmware.json); so does this.
 */

#include "host.h"

#include <glob.h>
#include <json-c/json.h>
#include <string.h>

#include <hcstate/file.h>

enum {
	DESCRIPTION_MAX = 64 * 1024,
};

static const char *const places[] = {"/etc/qemu/firmware/*.json",
				     "/usr/share/qemu/firmware/*.json"};

static struct json_object *list_of(struct json_object *object, const char *name)
{
	struct json_object *list = NULL;

	return json_object_is_type(object, json_type_object) &&
			       json_object_object_get_ex(object, name, &list) &&
			       json_object_is_type(list, json_type_array)
		       ? list
		       : NULL;
}

static bool has_word(struct json_object *list, const char *word)
{
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *at = json_object_array_get_idx(list, i);

		if (json_object_is_type(at, json_type_string) &&
		    !strcmp(json_object_get_string(at), word))
			return true;
	}
	return false;
}

static bool is_for_pc(struct json_object *targets)
{
	for (size_t i = 0; targets && i < json_object_array_length(targets); i++) {
		struct json_object *at = json_object_array_get_idx(targets, i), *value = NULL;

		if (json_object_is_type(at, json_type_object) &&
		    json_object_object_get_ex(at, "architecture", &value) &&
		    json_object_is_type(value, json_type_string) &&
		    !strcmp(json_object_get_string(value), "x86_64"))
			return true;
	}
	return false;
}

static bool describes_uefi(struct hc_arena *arena, const char *path)
{
	struct json_object *object;
	char *text;
	bool is;

	if (hc_file_read(arena, path, DESCRIPTION_MAX, &text, NULL))
		return false;
	object = json_tokener_parse(text);
	is = has_word(list_of(object, "interface-types"), "uefi") &&
	     is_for_pc(list_of(object, "targets"));
	json_object_put(object);
	return is;
}

bool host_has_uefi(struct hc_arena *arena)
{
	bool has = false;

	for (size_t i = 0; !has && i < HC_COUNT(places); i++) {
		glob_t found = {0};

		if (!glob(places[i], 0, NULL, &found))
			for (size_t k = 0; !has && k < found.gl_pathc; k++)
				has = describes_uefi(arena, found.gl_pathv[k]);
		globfree(&found);
	}
	return has;
}
