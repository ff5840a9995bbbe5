/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VmCloudInit. What is wrong with it is said here and not by the guest, which would boot without a
 * network and could not be asked why.
 */

#include <hcstate/vm.h>

#include <string.h>

#include <hcstate/resource.h>
#include <hcstate/storage.h>

static const struct hc_field cloud_init_fields[] = {
	hc_string(struct hc_vm_cloud_init, hostname, .max = 63, .pattern = "^[A-Za-z0-9-]+$",
		  .pattern_doc = "letters, digits and -",
		  .doc = "The guest's name; the VM's where it is not said."),
	hc_string(struct hc_vm_cloud_init, user, .max = 31, .pattern = "^[a-z_][a-z0-9_-]*$",
		  .pattern_doc = "a user's name",
		  .doc = "Who gets the keys; the image's default user where it is not said."),
	hc_strings(struct hc_vm_cloud_init, ssh_keys, .absent = HC_RESET,
		   .doc = "Public keys that may log in."),
	hc_map(struct hc_vm_cloud_init, addresses, .absent = HC_RESET,
	       .doc = "Addresses by network card: {net0: 10.0.0.50/24}. A card that is not in here "
		      "asks DHCP."),
	hc_string(struct hc_vm_cloud_init, gateway, .max = 45, .pattern = "^[0-9a-f.:]+$",
		  .pattern_doc = "an address", .doc = "The way out."),
	hc_strings(struct hc_vm_cloud_init, dns, .absent = HC_RESET, .doc = "Name servers."),
	hc_string(struct hc_vm_cloud_init, storage, .cost = HC_NEVER, .prefers = "Storage,CephPool",
		  .doc = "Where its small image is; that of the first disk where it is not said."),
	hc_text(struct hc_vm_cloud_init, seed, .origin = HC_DERIVED,
		.doc = "What the guest will read."),
	hc_string(struct hc_vm_cloud_init, source, .origin = HC_OBSERVED, .doc = "What holds it."),
};

static struct hc_place place_of(const struct hc_resource *r, const char *field)
{
	return hc_field_place(r, hc_field_index(r->type, field));
}

static bool parse(const struct hc_resource *r, const char *field, enum hc_vtype type,
		  const char *text, struct hc_address *address, struct hc_diags *diags)
{
	const struct hc_field row = {.name = field, .type = type};
	const char *why;

	if (!hc_value_parse(diags->arena, &row, text, address, &why))
		return true;
	hc_say(diags, HC_ERROR, place_of(r, field), "%s", why);
	return false;
}

/* Whether one of the addresses is in the gateway's network. */
static bool check_addresses(const struct hc_set *desired, const struct hc_resource *r,
			    const struct hc_address *gateway, struct hc_diags *diags)
{
	const struct hc_vm_cloud_init *seed = r->spec;
	bool reached = false;

	for (size_t i = 0; i < seed->addresses.n; i++) {
		const struct hc_pair *pair = &seed->addresses.v[i];
		struct hc_address own;

		if (!hc_find(desired, &hc_vm_net, NULL,
			     hc_printf(diags->arena, "%s/%s", r->parent->name, pair->key)))
			hc_say(diags, HC_ERROR, place_of(r, "addresses"),
			       "the VM has no network card %s", pair->key);
		if (parse(r, "addresses", HC_CIDR, pair->value, &own, diags))
			reached |=
				own.family == gateway->family && hc_address_overlap(&own, gateway);
	}
	return reached;
}

static void check_keys(const struct hc_resource *r, struct hc_diags *diags)
{
	const struct hc_vm_cloud_init *seed = r->spec;

	for (size_t i = 0; i < seed->ssh_keys.n; i++)
		for (const char *c = seed->ssh_keys.v[i]; *c; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f) {
				hc_say(diags, HC_ERROR, place_of(r, "ssh_keys"),
				       "a key is one line without control characters");
				return;
			}
}

static void check_seed(const struct hc_set *desired, const struct hc_resource *r,
		       struct hc_diags *diags)
{
	const struct hc_vm_cloud_init *seed = r->spec;
	struct hc_address gateway = {.family = 0}, server;
	size_t errors = diags->errors;
	bool reached;

	hc_check_storage(desired, r, "storage", seed->storage, diags);
	check_keys(r, diags);
	for (size_t i = 0; i < seed->dns.n; i++)
		(void)parse(r, "dns", HC_IP, seed->dns.v[i], &server, diags);
	if (seed->gateway)
		(void)parse(r, "gateway", HC_IP, seed->gateway, &gateway, diags);
	reached = check_addresses(desired, r, &gateway, diags);
	if (seed->gateway && !reached && diags->errors == errors)
		hc_say(diags, HC_ERROR, place_of(r, "gateway"),
		       "no card has an address in the network of %s", seed->gateway);
}

static void check_seeds(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_vm_cloud_init, &n);

	for (size_t i = 0; i < n; i++)
		if (v[i]->parent)
			check_seed(desired, v[i], diags);
}

const struct hc_type hc_vm_cloud_init = {
	.name = "VmCloudInit",
	.doc = "What cloud-init finds (NoCloud). A change is seen by the guest at its next boot.",
	.scope = HC_CLUSTER,
	.from = HC_CHILD,
	HC_FIELDS(cloud_init_fields),
	.size = sizeof(struct hc_vm_cloud_init),
	.check = check_seeds,
};
