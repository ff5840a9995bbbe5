/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entities. The key is Ceph's: it is made by asking for it, and who asks again gets the same one.
 * For one that exists with other caps Ceph refuses that: then they are set first.
 */

#include "entity.h"

#include <string.h>

#include "daemon.h"
#include "keyring.h"

static struct json_object *with_caps(const char *prefix, const char *name, const char *const *caps)
{
	struct json_object *made = command(prefix, "entity", name, NULL);
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; caps[i]; i++)
		(void)json_object_array_add(list, json_object_new_string(caps[i]));
	json_object_object_add(made, "caps", list);
	return made;
}

int entity_make(struct hc_call *call, struct ceph *self, const char *name, const char *const *caps)
{
	return tell_mon(call, self->connection, with_caps("auth get-or-create", name, caps));
}

int entity_set_caps(struct hc_call *call, struct ceph *self, const char *name,
		    const char *const *caps)
{
	return tell_mon(call, self->connection, with_caps("auth caps", name, caps));
}

int entity_remove(struct hc_call *call, struct ceph *self, const char *name)
{
	return tell_mon(call, self->connection, command("auth rm", "entity", name, NULL));
}

static int ask_key(struct hc_call *call, struct ceph *self, const char *name,
		   const char *const *caps, struct ask *key)
{
	int r;

	*key = (struct ask){
		.command = with_caps("auth get-or-create", name, caps),
		.quiet = true,
	};
	r = ask(call, self->connection, key);
	if (r || key->code != -EINVAL)
		return r;
	ask_done(key);
	r = entity_set_caps(call, self, name, caps);
	if (r)
		return r;
	*key = (struct ask){.command = with_caps("auth get-or-create", name, caps), .quiet = true};
	return ask(call, self->connection, key);
}

int entity_key(struct hc_call *call, struct ceph *self, const char *name, const char *const *caps,
	       const char **text)
{
	struct ask key;
	int r = ask_key(call, self, name, caps, &key);

	if (r)
		return r;
	*text = json_text(call->arena, json_object_array_get_idx(key.json, 0), "key", "");
	if (key.code)
		r = hc_fail(call, -key.code, NULL, "Ceph refuses a key for %s: %s", name,
			    key.words);
	else if (!**text)
		r = hc_fail(call, EBADMSG, NULL, "Ceph gives no key for %s", name);
	ask_done(&key);
	return r;
}

int entity_write(struct hc_call *call, const char *name, const char *key, const char *path)
{
	struct keyring ring = {.entity = name, .key = key, .size = strlen(key), .caps = ""};
	uid_t user;
	gid_t group;
	int r = daemon_user(call, &user, &group);

	return r ? r : keyring_write(call, path, &ring, 1, user, group);
}

int entity_keyring(struct hc_call *call, struct ceph *self, const char *name,
		   const char *const *caps, const char *path)
{
	const char *key;
	int r = entity_key(call, self, name, caps, &key);

	return r ? r : entity_write(call, name, key, path);
}
