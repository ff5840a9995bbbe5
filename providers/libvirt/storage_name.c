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

static const char *uuid_of(struct hc_arena *arena, const char *text)
{
	uint8_t b[16];

	(void)crypto_generichash(b, sizeof(b), (const uint8_t *)text, strlen(text), NULL,
				 0); /* fails of wrong sizes only */
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x80);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	return hc_printf(arena,
			 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
			 b[12], b[13], b[14], b[15]);
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
