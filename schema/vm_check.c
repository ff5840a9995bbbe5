/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no row of the tables can say about VMs: two with one identity, a name that is none of what
 * the VM has, values that no guest can work with.
 */

#include <hcstate/vm.h>

#include <string.h>

#include <hcstate/resource.h>
#include <hcstate/storage.h>

enum {
	KIB = 1024,
	LEAST_MTU = 68,
};

static struct hc_place place_of(const struct hc_resource *r, const char *field)
{
	return hc_field_place(r, hc_field_index(r->type, field));
}

static void check_same(struct hc_resource *const *v, size_t at, struct hc_diags *diags)
{
	const struct hc_vm *vm = v[at]->spec;

	for (size_t i = 0; i < at; i++) {
		const struct hc_vm *other = v[i]->spec;

		if (other->id == vm->id)
			hc_say(diags, HC_ERROR, place_of(v[at], "id"),
			       "VirtualMachine/%s has the id %u too", v[i]->name, vm->id);
		if (vm->uuid && other->uuid && !strcmp(other->uuid, vm->uuid))
			hc_say(diags, HC_ERROR, place_of(v[at], "uuid"),
			       "VirtualMachine/%s has this uuid too", v[i]->name);
	}
}

/* What XML cannot say, not even quoted. */
static bool has_control(const char *text)
{
	for (; text && *text; text++)
		if ((unsigned char)*text < ' ' && !strchr("\t\n\r", *text))
			return true;
	return false;
}

/* A file of the node is only looked for there. */
static void check_cdrom(const struct hc_set *desired, const struct hc_resource *r,
			struct hc_diags *diags)
{
	const char *cdrom = ((const struct hc_vm *)r->spec)->cdrom;

	if (cdrom && *cdrom != '/' && strcmp(cdrom, "none") != 0 &&
	    !hc_find(desired, &hc_image, NULL, cdrom))
		hc_say(diags, HC_ERROR, place_of(r, "cdrom"),
		       "there is no Image %s; a file of the node begins with /", cdrom);
}

/* Whether a turn in `boot`, of that size, is the name of one of its disks or cards. */
static bool has_device(const struct hc_set *desired, const char *vm, const char *turn, size_t size)
{
	const struct hc_type *const types[] = {&hc_vm_disk, &hc_vm_net};
	const size_t before = strlen(vm);

	for (size_t i = 0; i < HC_COUNT(types); i++) {
		size_t n;
		struct hc_resource *const *v = hc_of_type(desired, types[i], &n);

		for (size_t k = 0; k < n; k++) {
			const char *name = v[k]->name;

			if (!strncmp(name, vm, before) && name[before] == '/' &&
			    !strncmp(name + before + 1, turn, size) && !name[before + 1 + size])
				return true;
		}
	}
	return false;
}

static bool is_word(const char *turn, size_t size, const char *word)
{
	return size == strlen(word) && !strncmp(turn, word, size);
}

/* Whether it has had a turn before this one. */
static bool is_again(const char *boot, const char *turn, size_t size)
{
	for (const char *at = boot; at < turn; at += strcspn(at, ",") + 1)
		if (strcspn(at, ",") == size && !strncmp(at, turn, size))
			return true;
	return false;
}

static void check_boot(const struct hc_set *desired, const struct hc_resource *r,
		       struct hc_diags *diags)
{
	const char *boot = ((const struct hc_vm *)r->spec)->boot;
	size_t size;

	for (const char *turn = boot; turn && *turn; turn += size + (turn[size] == ',')) {
		size = strcspn(turn, ",");
		if (is_again(boot, turn, size))
			hc_say(diags, HC_ERROR, place_of(r, "boot"), "%.*s is in it twice",
			       (int)size, turn);
		else if (!is_word(turn, size, "disk") && !is_word(turn, size, "cdrom") &&
			 !has_device(desired, r->name, turn, size))
			hc_say(diags, HC_ERROR, place_of(r, "boot"), "the VM has no %.*s",
			       (int)size, turn);
	}
}

static void check_vm(const struct hc_set *desired, const struct hc_resource *r,
		     struct hc_diags *diags)
{
	const struct hc_vm *vm = r->spec;

	check_cdrom(desired, r, diags);
	check_boot(desired, r, diags);
	if (vm->uuid && strspn(vm->uuid, "0-") == strlen(vm->uuid))
		hc_say(diags, HC_ERROR, place_of(r, "uuid"), "is the uuid of nothing");

	if (has_control(vm->comment))
		hc_say(diags, HC_ERROR, place_of(r, "comment"),
		       "libvirt keeps no control characters");
	if (vm->max_cpus && vm->max_cpus < vm->cpus)
		hc_say(diags, HC_ERROR, place_of(r, "max_cpus"), "max_cpus %u is below cpus %u",
		       vm->max_cpus, vm->cpus);
	if (vm->max_memory && vm->max_memory < vm->memory)
		hc_say(diags, HC_ERROR, place_of(r, "max_memory"), "max_memory is below memory");
	if (vm->memory % KIB || vm->max_memory % KIB)
		hc_say(diags, HC_ERROR, place_of(r, vm->memory % KIB ? "memory" : "max_memory"),
		       "is not a whole number of KiB");
	if (!vm->kernel && (vm->initrd || vm->cmdline))
		hc_say(diags, HC_ERROR, place_of(r, vm->initrd ? "initrd" : "cmdline"),
		       "is of no use without a kernel");
}

void hc_vm_check(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_vm, &n);

	for (size_t i = 0; i < n; i++) {
		check_vm(desired, v[i], diags);
		check_same(v, i, diags);
	}
}

/* What comes behind PARENT/. */
static const char *last_word(const struct hc_resource *r)
{
	return strrchr(r->name, '/') + 1;
}

static bool is_numbered(const char *word, const char *prefix)
{
	size_t size = strlen(prefix);
	const char *digits = word + size;

	return !strncmp(word, prefix, size) && *digits &&
	       strspn(digits, "0123456789") == strlen(digits) && strlen(digits) <= 2 &&
	       (*digits != '0' || !digits[1]);
}

void hc_vm_disk_check(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_vm_disk, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_vm_disk *disk = v[i]->spec;

		if (!is_numbered(last_word(v[i]), "disk-"))
			hc_say(diags, HC_ERROR, v[i]->place,
			       "%s is no disk's name: disk-0 to disk-99 are", last_word(v[i]));
		hc_check_storage(desired, v[i], "storage", disk->storage, diags);
		if (disk->size % 512)
			hc_say(diags, HC_ERROR, place_of(v[i], "size"),
			       "is not a whole number of sectors of 512 bytes");
		if (disk->image && !hc_find(desired, &hc_image, NULL, disk->image))
			hc_say(diags, HC_ERROR, place_of(v[i], "image"), "there is no Image %s",
			       disk->image);
	}
}

/* Of those that are written: two cards with one address answer for each other. */
static void check_same_mac(struct hc_resource *const *v, size_t at, struct hc_diags *diags)
{
	const struct hc_vm_net *net = v[at]->spec;

	for (size_t i = 0; i < at; i++) {
		const struct hc_vm_net *other = v[i]->spec;

		if (hc_has_field(v[i], struct hc_vm_net, mac) &&
		    !memcmp(other->mac.bytes, net->mac.bytes, sizeof(net->mac.bytes)))
			hc_say(diags, HC_ERROR, place_of(v[at], "mac"), "VmNet/%s has this mac too",
			       v[i]->name);
	}
}

void hc_vm_net_check(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_vm_net, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_vm_net *net = v[i]->spec;

		if (!is_numbered(last_word(v[i]), "net"))
			hc_say(diags, HC_ERROR, v[i]->place,
			       "%s is no network card's name: net0 to net99 are", last_word(v[i]));
		if (net->mtu && net->mtu < LEAST_MTU)
			hc_say(diags, HC_ERROR, place_of(v[i], "mtu"),
			       "is below %d, the least that IPv4 works with", LEAST_MTU);
		if (!hc_has_field(v[i], struct hc_vm_net, mac))
			continue;
		if (net->mac.bytes[0] & 1)
			hc_say(diags, HC_ERROR, place_of(v[i], "mac"),
			       "is an address of a group, not of a card");
		check_same_mac(v, i, diags);
	}
}
