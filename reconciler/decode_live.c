/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A live state written down, as `hcstate get -o yaml` prints it and as tests have it: one document
 * a resource, children too, with all fields whoever says them. Nothing is added: what is not there
 * was not seen.
 */

#include "decode.h"

#include <string.h>

static bool is_true(const struct hc_tree *tree)
{
	return tree && tree->type == HC_SCALAR && !strcmp(tree->text, "true");
}

/* metadata.node, which the kind's scope asks for or forbids. False: wrong, said. */
static bool right_node(struct hc_decoder *decoder, const struct hc_envelope *envelope)
{
	const struct hc_tree *node = envelope->node;
	bool wanted = envelope->type->scope == HC_NODE;

	if (!node && !wanted)
		return true;
	if (node && wanted && node->type == HC_SCALAR && !hc_tree_is_null(node))
		return true;
	hc_say(decoder->diags, HC_ERROR, node ? node->place : envelope->place,
	       wanted ? "metadata.node wants the name of a node"
		      : "it is of the whole cluster, metadata.node has no place");
	return false;
}

/* What hangs on something else says so in its name. False: wrong, said. */
static bool right_name(struct hc_decoder *decoder, const struct hc_envelope *envelope)
{
	const char *slash = strchr(envelope->name, '/');

	if (envelope->type->from != HC_CHILD || (slash && slash > envelope->name && slash[1]))
		return true;
	hc_say(decoder->diags, HC_ERROR, envelope->place,
	       "the name of a %s is PARENT/KEY, as in vmbr0/enp0s3", envelope->type->name);
	return false;
}

static void decode(struct hc_decoder *decoder, struct hc_state *live,
		   const struct hc_envelope *envelope)
{
	struct hc_resource *resource;
	struct hc_draft draft;

	if (!envelope->name || !right_node(decoder, envelope) || !right_name(decoder, envelope))
		return;
	resource = hc_resource_new(&live->found, envelope->type,
				   envelope->node ? envelope->node->text : NULL, envelope->name);
	hc_draft_begin(decoder, &draft, envelope->type, envelope->place);
	draft.spec = resource->spec;
	if (envelope->spec)
		hc_draft_read(decoder, &draft, envelope->spec, NULL);
	resource->set = draft.set;
	resource->places = draft.places;
	resource->place = envelope->place;
	resource->made = is_true(envelope->made);
	hc_decode_children(decoder, &draft, resource);
}

void hc_decode_live(const struct hc_registry *registry, const struct hc_tree *document,
		    struct hc_state *live, struct hc_diags *diags)
{
	struct hc_decoder decoder = {
		.registry = registry,
		.arena = live->found.arena,
		.set = &live->found,
		.diags = diags,
		.live = true,
	};
	struct hc_envelope envelope;

	hc_envelope_read(&decoder, document, &envelope);
	if (envelope.type && envelope.unknown)
		hc_unknown(live, envelope.type, "%s",
			   envelope.unknown->type == HC_SCALAR ? envelope.unknown->text
							       : "no reason is given");
	else if (envelope.type)
		decode(&decoder, live, &envelope);
	hc_patterns_done(&decoder.patterns);
}
