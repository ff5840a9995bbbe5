/* SPDX-License-Identifier: Apache-2.0 */
/* What a provider says through its call: errors, waits, facts for the others. */

#include <hcstate/provider.h>

#include <string.h>

int hc_fail(struct hc_call *call, int error, const struct hc_resource *about, const char *format,
	    ...)
{
	const struct hc_place nowhere = {0};
	struct hc_diag *diag;
	va_list args;

	va_start(args, format);
	diag = hc_vsay(&call->diags, HC_ERROR, about ? about->place : nowhere, format, args);
	va_end(args);
	if (diag && about)
		diag->about = hc_resource_text(call->arena, about);
	return -error;
}

int hc_wait(struct hc_call *call, const char *format, ...)
{
	const struct hc_place nowhere = {0};
	va_list args;

	va_start(args, format);
	(void)hc_vsay(&call->diags, HC_ERROR, nowhere, format, args);
	va_end(args);
	return -EAGAIN;
}

struct hc_call hc_quiet(const struct hc_call *call)
{
	struct hc_call quiet = *call;

	quiet.diags = (struct hc_diags){.arena = call->arena};
	return quiet;
}

const char *hc_said(const struct hc_call *call, const char *otherwise)
{
	return call->diags.n ? call->diags.v[call->diags.n - 1].text : otherwise;
}

void hc_tell(struct hc_call *call, const char *key, const char *value)
{
	hc_map_put(call->arena, &call->told, key, value);
}

const char *hc_heard(const struct hc_call *call, const char *node, const char *key)
{
	for (size_t i = 0; i < call->peers->n; i++)
		if (!strcmp(call->peers->v[i].node, node))
			return hc_map_get(&call->peers->v[i].facts, key);
	return NULL;
}

bool hc_leads(const struct hc_call *call)
{
	return call->peers->joined && call->peers->quorate && call->peers->n &&
	       !strcmp(call->peers->v[0].node, call->node);
}

bool hc_approved(const struct hc_call *call, const char *object)
{
	return hc_strings_have(call->approved, object);
}
