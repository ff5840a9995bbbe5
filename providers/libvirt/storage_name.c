/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that must be the same wherever and whenever they are made: uuids out of a hash of what they
 * are for (RFC 9562, version 8).
 */

#include "storage.h"

#include <glob.h>
#include <sodium.h>
#include <string.h>

#include <ceph-client/wants.h>

#include "uuid.h"

static const char *uuid_of(struct hc_arena *arena, const char *text)
{
	uint8_t b[16];

	(void)crypto_generichash(b, sizeof(b), (const uint8_t *)text, strlen(text), NULL,
				 0); /* fails of wrong sizes only */
	return uuid_of_hash(arena, b);
}

const char *storage_uuid(struct hc_arena *arena, const char *storage)
{
	return uuid_of(arena, hc_printf(arena, "hcstate pool %s", storage));
}

const char *storage_secret_of(struct hc_call *call, const char *user)
{
	const struct wants wants = wants_of(call);

	return uuid_of(call->arena, hc_printf(call->arena, "hcstate secret %s %s",
					      wants.fsid ? wants.fsid : "", user));
}

const char *storage_user(const struct hc_call *call, const char *storage)
{
	const struct hc_resource *r = hc_find(call->desired, &hc_storage, call->node, storage);
	const struct hc_storage *spec = r ? r->spec : NULL;

	return spec && spec->type == HC_STORAGE_RBD ? spec->user : NULL;
}

const char *storage_secret(struct hc_call *call, const char *storage)
{
	const char *user = storage_user(call, storage);

	return user ? storage_secret_of(call, user) : NULL;
}

bool storage_unborn(void)
{
	static const char *const traces[] = {
		"/etc/libvirt/storage/*.xml",
		"/etc/libvirt/secrets/*.xml",
		"/etc/libvirt/qemu/*.xml",
		"/run/libvirt/qemu/*.xml",
	};
	bool unborn = true;

	for (size_t i = 0; unborn && i < HC_COUNT(traces); i++) {
		glob_t found = {0};

		unborn = glob(traces[i], GLOB_NOSORT, NULL, &found) == GLOB_NOMATCH;
		globfree(&found);
	}
	return unborn;
}
