/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a seed: NoCloud's three files. cloud-init does its work once for each instance-id, so
 * that is the VM's uuid and a digest of all the rest: what changes here is done at the guest's next
 * boot. Cards are known by their address and are called as the manifests call them.
 */

#include "seed.h"

#include <string.h>
#include <sys/socket.h>

#include <hcstate/vm.h>

#include "seed_parts.h"
#include "yaml_out.h"

struct seed {
	struct hc_arena *arena;
	const struct hc_vm_cloud_init *spec;
	struct hc_address gateway; /* family 0: none, or some card leads to it already */
};

/* What is no address was said when the manifests were read. */
static bool parse(const struct seed *seed, enum hc_vtype type, const char *text,
		  struct hc_address *address)
{
	const struct hc_field row = {.name = "address", .type = type};
	const char *why;

	return text && !hc_value_parse(seed->arena, &row, text, address, &why);
}

static char *user_data(const struct seed *seed)
{
	const struct hc_vm_cloud_init *spec = seed->spec;
	struct yaml_out out;

	yaml_begin(&out);
	/* Its own name is in /etc/hosts too, or sudo waits for a name server. */
	yaml_text(&out, "manage_etc_hosts", "localhost");
	if (spec->user)
		yaml_text(&out, "user", spec->user);
	if (spec->ssh_keys.n)
		yaml_list(&out, "ssh_authorized_keys", &spec->ssh_keys);
	return hc_printf(seed->arena, "#cloud-config\n%s", yaml_end(seed->arena, &out));
}

/* The way out is by the first card that has an address in the gateway's network. */
static void write_way_out(struct seed *seed, struct yaml_out *out, const struct hc_address *own)
{
	if (!seed->gateway.family || seed->gateway.family != own->family ||
	    !hc_address_overlap(own, &seed->gateway))
		return;
	yaml_open_list(out, "routes");
	yaml_open(out, NULL);
	/* "default" is not known to every cloud-init. */
	yaml_text(out, "to", own->family == AF_INET6 ? "::/0" : "0.0.0.0/0");
	yaml_text(out, "via", hc_address_text(seed->arena, &seed->gateway, false));
	yaml_close(out);
	yaml_close_list(out);
	seed->gateway.family = 0; /* one is enough */
}

static void write_address(struct seed *seed, struct yaml_out *out, const char *name)
{
	const char *text = hc_map_get(&seed->spec->addresses, name);
	struct hc_strings list = {0};
	struct hc_address own;

	if (!parse(seed, HC_CIDR, text, &own)) {
		yaml_word(out, "dhcp4", "true");
		return;
	}
	hc_strings_add(seed->arena, &list, text);
	yaml_list(out, "addresses", &list);
	write_way_out(seed, out, &own);
}

static void write_card(struct seed *seed, struct yaml_out *out, const char *name,
		       const struct hc_vm_net *net)
{
	const uint8_t *mac = net->mac.bytes;

	yaml_open(out, "match");
	yaml_text(out, "macaddress",
		  hc_printf(seed->arena, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
			    mac[3], mac[4], mac[5]));
	yaml_close(out);
	yaml_text(out, "set-name", name);
	if (net->mtu)
		yaml_word(out, "mtu", hc_printf(seed->arena, "%u", net->mtu));
	write_address(seed, out, name);
}

static void write_dns(const struct seed *seed, struct yaml_out *out)
{
	yaml_open(out, "nameservers");
	yaml_list(out, "addresses", &seed->spec->dns);
	yaml_close(out);
}

static char *network_config(struct seed *seed, const struct hc_set *desired,
			    const struct hc_resource *vm)
{
	struct yaml_out out;
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_vm_net, &n);
	bool first = true;

	yaml_begin(&out);
	yaml_word(&out, "version", "2");
	yaml_open(&out, "ethernets");
	for (size_t i = 0; i < n; i++) {
		const char *name = strrchr(v[i]->name, '/') + 1;

		if (v[i]->parent != vm)
			continue;
		yaml_open(&out, name);
		write_card(seed, &out, name, v[i]->spec);
		if (first && seed->spec->dns.n)
			write_dns(seed, &out);
		yaml_close(&out);
		first = false;
	}
	yaml_close(&out);
	return yaml_end(seed->arena, &out);
}

static char *meta_data(struct hc_arena *arena, const char *uuid, const char *hostname,
		       const char *rest)
{
	struct yaml_out out;

	rest = hc_printf(arena, "%s\n%s", hostname, rest);
	yaml_begin(&out);
	yaml_text(&out, "instance-id",
		  hc_printf(arena, "%s-%s", uuid, hc_digest(arena, rest, strlen(rest))));
	yaml_text(&out, "local-hostname", hostname);
	return yaml_end(arena, &out);
}

char *seed_text(struct hc_arena *arena, const struct hc_set *desired,
		const struct hc_resource *cloud_init, const struct hc_resource *vm)
{
	struct seed seed = {.arena = arena, .spec = cloud_init->spec};
	const struct hc_vm *spec = vm->spec;
	const char *user, *rest;

	if (!spec->uuid || !seed.spec->hostname)
		return NULL;
	if (!parse(&seed, HC_IP, seed.spec->gateway, &seed.gateway))
		seed.gateway.family = 0;
	user = user_data(&seed);
	rest = hc_printf(arena, SEED_LINE SEED_NETWORK "\n%s" SEED_LINE SEED_USER "\n%s",
			 network_config(&seed, desired, vm), user);
	return hc_printf(arena, SEED_LINE SEED_META "\n%s%s",
			 meta_data(arena, spec->uuid, seed.spec->hostname, rest), rest);
}
