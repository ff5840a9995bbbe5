/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domains and pools to XML and back. libvirt's own parser has its say through the test driver, and
 * what libvirt 9 made of such domains is in unit/libvirt.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libvirt/libvirt.h>

#include <hcstate/file.h>

#include "providers/libvirt/domain.h"
#include "providers/libvirt/pool_xml.h"

#define UUID "7c5e1cf0-3b5a-8c6d-9e8f-0a1b2c3d4e5f"
#define SECRET "11111111-2222-8333-8444-555555555555"

static int setup(void **state)
{
	*state = hc_arena_new();
	return 0;
}

static int teardown(void **state)
{
	hc_arena_free(*state);
	return 0;
}

static struct domain_source rbd(struct hc_arena *arena, const char *image)
{
	struct domain_source source = {
		.kind = DOMAIN_RBD,
		.pool = "stockage_ceph",
		.image = image,
		.user = "client.libvirt",
		.secret_uuid = SECRET,
	};

	hc_strings_add(arena, &source.hosts, "10.0.0.1");
	hc_strings_add(arena, &source.hosts, "10.0.0.2:6790");
	hc_strings_add(arena, &source.hosts, "[fd00::3]:6790");
	hc_strings_add(arena, &source.hosts, "fd00::4");
	return source;
}

static void add_disks(struct hc_arena *arena, struct domain *domain)
{
	static struct domain_disk disks[5];

	disks[0] = (struct domain_disk){.name = "disk-0", .source = rbd(arena, "vm-100-disk-0")};
	disks[0].spec = (struct hc_vm_disk){.bus = HC_BUS_VIRTIO, .discard = true};
	disks[1] = (struct domain_disk){.name = "disk-1", .source = rbd(arena, "vm-100-disk-1")};
	disks[1].spec = (struct hc_vm_disk){.bus = HC_BUS_SCSI, .cache = HC_CACHE_WRITEBACK};
	disks[2] = (struct domain_disk){.name = "disk-7", .source = {.kind = DOMAIN_FILE}};
	disks[2].source.path = "/srv/vm-100-disk-7";
	disks[2].spec = (struct hc_vm_disk){.bus = HC_BUS_SATA, .cache = HC_CACHE_DIRECTSYNC};
	disks[3] = (struct domain_disk){.name = "cdrom", .cdrom = true};
	disks[3].source = rbd(arena, "image-debian-12");
	disks[3].spec.bus = HC_BUS_SATA;
	disks[4] = (struct domain_disk){.name = "cloudinit", .cdrom = true};
	disks[4].spec.bus = HC_BUS_SCSI;
	domain->disks = disks;
	domain->ndisk = HC_COUNT(disks);
}

static void add_nets(struct domain *domain)
{
	static struct domain_net nets[2];

	nets[0] = (struct domain_net){.name = "net0"};
	nets[0].spec = (struct hc_vm_net){.bridge = "vmbr1", .link = true};
	nets[0].spec.mac = (struct hc_mac){{0x02, 0x10, 0x20, 0x30, 0x40, 0x50}};
	nets[1] = (struct domain_net){.name = "net1"};
	nets[1].spec = (struct hc_vm_net){.bridge = "vmbr0", .model = HC_NIC_E1000, .mtu = 9000};
	nets[1].spec.mac = (struct hc_mac){{0x02, 0xff, 0x20, 0x30, 0x40, 0xfe}};
	domain->nets = nets;
	domain->nnet = HC_COUNT(nets);
}

/* One with everything. */
static struct domain rich(struct hc_arena *arena)
{
	struct domain domain = {.name = "debian-pve1", .uuid = UUID, .ours = true};

	domain.emulated = true;
	domain.vm = (struct hc_vm){
		.id = 100,
		.uuid = UUID,
		.cpus = 2,
		.max_cpus = 4,
		.memory = UINT64_C(256) << 20,
		.max_memory = UINT64_C(1) << 30,
		.machine = "q35",
		.cpu = "qemu64",
		.cdrom = "debian-12",
		.boot = "disk,disk-0,cdrom,net1,net7",
		.kernel = "/boot/vmlinuz",
		.initrd = "/boot/initrd",
		.cmdline = "console=ttyS0 quiet <&>'\"",
		.agent = true,
		.serial = true,
		.vnc = true,
		.comment = "first line\n  <second> & \"third\"",
	};
	add_disks(arena, &domain);
	add_nets(&domain);
	return domain;
}

/* The poorest. */
static struct domain plain(void)
{
	struct domain domain = {.name = "a", .uuid = UUID, .ours = true};

	domain.vm = (struct hc_vm){
		.id = 101,
		.cpus = 1,
		.max_cpus = 1,
		.memory = UINT64_C(16) << 20,
		.max_memory = UINT64_C(16) << 20,
		.machine = "pc",
		.cpu = "host-model",
		.boot = "disk,cdrom",
	};
	return domain;
}

/* What else may be there matters nowhere. */
static void assert_vm(const struct hc_vm *a, const struct hc_vm *b)
{
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->cpus, b->cpus);
	assert_int_equal(a->max_cpus, b->max_cpus);
	assert_int_equal(a->memory, b->memory);
	assert_int_equal(a->max_memory, b->max_memory);
	assert_int_equal(a->firmware, b->firmware);
	assert_true(domain_same_machine(a->machine, b->machine));
	assert_string_equal(a->cpu, b->cpu);
	assert_string_equal(a->boot, b->boot);
	assert_string_equal(a->cdrom ? a->cdrom : "-", b->cdrom ? b->cdrom : "-");
	assert_string_equal(a->kernel ? a->kernel : "", b->kernel ? b->kernel : "");
	assert_string_equal(a->initrd ? a->initrd : "", b->initrd ? b->initrd : "");
	assert_string_equal(a->cmdline ? a->cmdline : "", b->cmdline ? b->cmdline : "");
	assert_string_equal(a->comment ? a->comment : "", b->comment ? b->comment : "");
	assert_int_equal(a->agent, b->agent);
	assert_int_equal(a->serial, b->serial);
	assert_int_equal(a->vnc, b->vnc);
}

static void assert_source(const struct domain_source *a, const struct domain_source *b)
{
	assert_int_equal(a->kind, b->kind);
	switch (a->kind) {
	case DOMAIN_EMPTY:
		break;
	case DOMAIN_FILE:
		assert_string_equal(a->path, b->path);
		break;
	case DOMAIN_RBD:
		assert_string_equal(a->pool, b->pool);
		assert_string_equal(a->image, b->image);
		assert_string_equal(a->user, b->user);
		assert_string_equal(a->secret_uuid, b->secret_uuid);
		assert_int_equal(a->hosts.n, b->hosts.n);
		for (size_t i = 0; i < a->hosts.n; i++)
			assert_string_equal(a->hosts.v[i], b->hosts.v[i]);
		break;
	}
}

static void assert_disk(const struct domain_disk *a, const struct domain_disk *b)
{
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->cdrom, b->cdrom);
	assert_int_equal(a->spec.bus, b->spec.bus);
	assert_int_equal(a->spec.cache, b->spec.cache);
	assert_int_equal(a->spec.discard, b->spec.discard);
	assert_source(&a->source, &b->source);
}

static void assert_net(const struct domain_net *a, const struct domain_net *b)
{
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->spec.bridge, b->spec.bridge);
	assert_int_equal(a->spec.model, b->spec.model);
	assert_int_equal(a->spec.mtu, b->spec.mtu);
	assert_int_equal(a->spec.link, b->spec.link);
	assert_memory_equal(a->spec.mac.bytes, b->spec.mac.bytes, sizeof(a->spec.mac.bytes));
}

static const struct domain_disk *disk_of(const struct domain *domain, const char *name)
{
	for (size_t i = 0; i < domain->ndisk; i++)
		if (domain->disks[i].name && !strcmp(domain->disks[i].name, name))
			return &domain->disks[i];
	fail_msg("there is no %s", name);
	return NULL;
}

static const struct domain_net *net_of(const struct domain *domain, const char *name)
{
	for (size_t i = 0; i < domain->nnet; i++)
		if (domain->nets[i].name && !strcmp(domain->nets[i].name, name))
			return &domain->nets[i];
	fail_msg("there is no %s", name);
	return NULL;
}

/* libvirt sorts devices. */
static void assert_domain(const struct domain *want, const struct domain *have)
{
	assert_string_equal(want->name, have->name);
	assert_string_equal(want->uuid, have->uuid);
	assert_int_equal(want->ours, have->ours);
	assert_int_equal(want->ndisk, have->ndisk);
	assert_int_equal(want->nnet, have->nnet);
	assert_vm(&want->vm, &have->vm);
	for (size_t i = 0; i < want->ndisk; i++)
		assert_disk(&want->disks[i], disk_of(have, want->disks[i].name));
	for (size_t i = 0; i < want->nnet; i++)
		assert_net(&want->nets[i], net_of(have, want->nets[i].name));
}

static struct domain read_back(struct hc_arena *arena, const char *xml)
{
	struct domain domain;
	const char *why = NULL;

	if (domain_read(arena, xml, &domain, &why))
		fail_msg("%s:\n%s", why, xml);
	return domain;
}

static void what_is_written_reads_back(void **state)
{
	struct domain want = rich(*state), have = read_back(*state, domain_write(*state, &want));

	assert_domain(&want, &have);
	assert_true(have.emulated);
	want = plain();
	have = read_back(*state, domain_write(*state, &want));
	assert_domain(&want, &have);
	assert_false(have.emulated);
}

/* Through libvirt's parser, what it adds, and its writer. */
static char *through_libvirt(struct hc_arena *arena, const char *xml)
{
	virConnectPtr connect = virConnectOpen("test:///default");
	virDomainPtr domain;
	char *text, *ours;

	assert_non_null(connect);
	domain = virDomainDefineXMLFlags(connect, xml, 0);
	assert_non_null(domain);
	text = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);
	assert_non_null(text);
	ours = hc_strdup(arena, text);
	free(text);
	(void)virDomainFree(domain);
	(void)virConnectClose(connect);
	return ours;
}

/* The test driver is a machine of type "test". */
static char *as_test(struct hc_arena *arena, const char *xml)
{
	const char *type = strstr(xml, "<domain type=\""), *end;

	assert_non_null(type);
	type += strlen("<domain type=\"");
	end = strchr(type, '"');
	return hc_printf(arena, "%.*stest%s", (int)(type - xml), xml, end);
}

static void libvirt_takes_it_and_gives_it_back(void **state)
{
	struct domain want = rich(*state), have;
	const char *xml = as_test(*state, domain_write(*state, &want));

	have = read_back(*state, through_libvirt(*state, xml));
	assert_domain(&want, &have);
}

static void a_disk_keeps_its_place_on_the_bus(void **state)
{
	struct hc_arena *arena = *state;

	assert_string_equal(domain_target(arena, HC_BUS_VIRTIO, "disk-0"), "vda");
	assert_string_equal(domain_target(arena, HC_BUS_VIRTIO, "disk-25"), "vdz");
	assert_string_equal(domain_target(arena, HC_BUS_VIRTIO, "disk-26"), "vdaa");
	assert_string_equal(domain_target(arena, HC_BUS_VIRTIO, "disk-99"), "vdcv");
	assert_string_equal(domain_target(arena, HC_BUS_SCSI, "disk-23"), "sdx");
	assert_string_equal(domain_target(arena, HC_BUS_SATA, "disk-24"), "sdaa");
	assert_string_equal(domain_target(arena, HC_BUS_SATA, "cdrom"), "sdz");
	assert_string_equal(domain_target(arena, HC_BUS_SCSI, "cloudinit"), "sdy");
}

/* Debian's kernel for clouds has no driver for the SATA of a q35 machine. */
static void the_seed_is_where_a_kernel_for_clouds_sees_it(void **state)
{
	const struct domain_disk seed = {.name = "cloudinit", .cdrom = true};
	const char *xml = domain_write_disk(*state, &seed);

	assert_non_null(strstr(xml, "bus=\"scsi\""));
	assert_non_null(strstr(xml, "target=\"254\" unit=\"0\"")); /* and no disk-N there */
}

/* No two drives are on one port. */
static void sata_disks_and_media_do_not_meet(void **state)
{
	struct hc_arena *arena = *state;
	struct hc_strings seen = {0};

	for (unsigned i = 0; i < 102; i++) {
		struct domain_disk disk = {.name = i == 100   ? "cdrom"
						   : i == 101 ? "cloudinit"
							      : hc_printf(arena, "disk-%u", i)};
		const char *place;

		disk.cdrom = i >= 100;
		disk.spec.bus = HC_BUS_SATA;
		place = strstr(domain_write_disk(arena, &disk), "<address");
		assert_non_null(place);
		hc_strings_add(arena, &seen, place);
		assert_int_equal(seen.n, i + 1);
	}
}

static void a_machine_without_version_is_any_version_of_it(void **state)
{
	(void)state;
	assert_true(domain_same_machine("q35", "pc-q35-7.2"));
	assert_true(domain_same_machine("pc", "pc-i440fx-7.2"));
	assert_true(domain_same_machine("pc-q35-7.2", "pc-q35-7.2"));
	assert_false(domain_same_machine("pc-q35-7.1", "pc-q35-7.2"));
	assert_false(domain_same_machine("pc", "pc-q35-7.2"));
	assert_false(domain_same_machine("q35", "pc-i440fx-7.2"));
}

static unsigned turn_of(const struct domain *domain, const char *name)
{
	return !strncmp(name, "net", 3) ? net_of(domain, name)->boot : disk_of(domain, name)->boot;
}

static void booting_skips_what_is_not_there(void **state)
{
	struct domain domain = rich(*state);

	domain_boot(&domain);
	assert_int_equal(turn_of(&domain, "disk-0"), 1);
	assert_int_equal(turn_of(&domain, "cdrom"), 2);
	assert_int_equal(turn_of(&domain, "net1"), 3);
	assert_int_equal(turn_of(&domain, "disk-1"), 0);
	assert_int_equal(turn_of(&domain, "net0"), 0);
}

static char *replace(struct hc_arena *arena, const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	if (!at)
		fail_msg("there is no %s in %s", from, text);
	return hc_printf(arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* Our note of how it was asked for is not believed when the devices say otherwise. */
static void an_order_of_booting_that_was_changed_is_seen(void **state)
{
	struct domain want = rich(*state), have;
	const char *xml = domain_write(*state, &want);

	xml = replace(*state, xml, "<boot order=\"1\"/>", "<boot order=\"4\"/>");
	have = read_back(*state, xml);
	assert_string_equal(have.vm.boot, "cdrom,net1,disk-0");
	xml = replace(*state, xml, "<boot order=\"4\"/>", "");
	have = read_back(*state, xml);
	assert_string_equal(have.vm.boot, "cdrom,net1");
}

static void an_empty_drive_is_none_and_no_drive_is_nothing(void **state)
{
	struct domain want = rich(*state), have;

	want.disks[3].source.kind = DOMAIN_EMPTY;
	have = read_back(*state, domain_write(*state, &want));
	assert_string_equal(have.vm.cdrom, "none");
	want.disks[3].source = (struct domain_source){.kind = DOMAIN_FILE, .path = "/srv/a.iso"};
	have = read_back(*state, domain_write(*state, &want));
	assert_string_equal(have.vm.cdrom, "/srv/a.iso");
	want.ndisk = 3;
	have = read_back(*state, domain_write(*state, &want));
	assert_null(have.vm.cdrom);
}

/* What libvirt made of it when it was started. */
static void host_model_is_known_again_when_it_runs(void **state)
{
	struct domain want = plain(), have;
	const char *xml = domain_write(*state, &want);
	const char *cpu = "<cpu mode=\"custom\" match=\"exact\" check=\"full\"><model "
			  "fallback=\"forbid\">EPYC</model></cpu>";

	xml = replace(*state, xml, "<cpu mode=\"host-model\"/>", cpu);
	have = read_back(*state, xml);
	assert_string_equal(have.vm.cpu, "host-model");
	have = read_back(*state, replace(*state, xml, " check=\"full\"", ""));
	assert_string_equal(have.vm.cpu, "EPYC");
}

/* A redefinition leaves the cards where they are. */
static void what_libvirt_chose_is_kept(void **state)
{
	struct domain want = rich(*state), have;
	char *xml = domain_write(*state, &want);
	const char *net1 = "<alias name=\"ua-net1\"/>";

	xml = replace(*state, xml, "machine=\"q35\"", "machine=\"pc-q35-7.2\"");
	xml = replace(*state, xml, net1,
		      hc_printf(*state,
				"%s<address type=\"pci\" domain=\"0x0000\" bus=\"0x1f\" "
				"slot=\"0x00\" function=\"0x0\"/>",
				net1));
	xml = replace(*state, xml, "<memballoon",
		      "<hostdev mode=\"subsystem\" type=\"pci\"/><memballoon");
	have = read_back(*state, xml);
	assert_string_equal(net_of(&have, "net1")->address, "0000:1f:00.0");
	domain_keep(&want, &have);
	xml = domain_write(*state, &want);
	assert_non_null(strstr(xml, "machine=\"pc-q35-7.2\""));
	assert_non_null(strstr(xml, "bus=\"0x1f\""));
	assert_non_null(strstr(xml, "<hostdev"));
	/* and there is a port for it */
	assert_non_null(strstr(xml, "index=\"31\" model=\"pcie-root-port\""));
	/* An old card is behind a bridge that is not in what we write. */
	want.nets[1].address = "0000:1f:03.0";
	assert_null(strstr(domain_write(*state, &want), "slot=\"0x03\""));
	want.vm.machine = "pc";
	want.nets[1].address = NULL;
	domain_keep(&want, &have);
	assert_null(want.nets[1].address);
	assert_string_equal(want.vm.machine, "pc");
}

static struct domain with_devices_on(struct hc_arena *arena, const char *xml, unsigned n)
{
	for (unsigned i = 1; i <= n; i++)
		xml = replace(arena, xml, "</devices>",
			      hc_printf(arena,
					"<hostdev mode=\"subsystem\" type=\"pci\"><address "
					"type=\"pci\" bus=\"0x%02x\" slot=\"0x00\"/></hostdev>"
					"</devices>",
					i));
	return read_back(arena, xml);
}

static void a_machine_without_a_free_port_is_full(void **state)
{
	struct domain want = plain();
	const char *xml;

	want.vm.machine = "q35";
	xml = domain_write(*state, &want);
	assert_non_null(strstr(xml, "index=\"24\" model=\"pcie-root-port\""));
	assert_null(strstr(xml, "index=\"25\" model=\"pcie-root-port\""));
	assert_false(with_devices_on(*state, xml, 0).full);
	assert_false(with_devices_on(*state, xml, 23).full);
	assert_true(with_devices_on(*state, xml, 24).full);
}

static void devices_of_others_have_no_name_and_stay(void **state)
{
	struct domain want = rich(*state), have;
	char *xml = domain_write(*state, &want);

	xml = replace(*state, xml, "<alias name=\"ua-disk-0\"/>", "<alias name=\"ua-mine\"/>");
	xml = replace(*state, xml, "<alias name=\"ua-net0\"/>", "<alias name=\"net0\"/>");
	have = read_back(*state, xml);
	assert_null(have.disks[0].name);
	assert_null(have.nets[0].name);
	xml = domain_write(*state, &have);
	assert_non_null(strstr(xml, "ua-mine"));
	assert_non_null(strstr(xml, "alias name=\"net0\""));
}

static void one_device_is_written_as_in_the_whole(void **state)
{
	struct domain domain = rich(*state);
	struct domain_net net = domain.nets[0];
	const char *xml;

	net.address = "0000:03:00.0";
	net.spec.link = false;
	net.boot = 3;
	xml = domain_write_net(*state, &net);
	assert_non_null(strstr(xml, "<link state=\"down\"/>"));
	assert_non_null(strstr(xml, "<boot order=\"3\"/>"));
	assert_non_null(strstr(xml, "bus=\"0x03\""));
	xml = domain_write_disk(*state, &domain.disks[0]);
	assert_non_null(strstr(xml, "<auth username=\"libvirt\">"));
	assert_non_null(strstr(xml, "<host name=\"fd00::3\" port=\"6790\"/>"));
	assert_non_null(strstr(xml, "<host name=\"fd00::4\" port=\"6789\"/>"));
}

static void what_is_no_domain_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"<domain>",
		"<network><name>a</name><uuid>" UUID "</uuid></network>",
		"<domain><name>a</name></domain>",
		"<domain><name/><uuid>" UUID "</uuid></domain>",
		"<!DOCTYPE domain [<!ENTITY a \"b\">]><domain><name>&a;</name><uuid>" UUID
		"</uuid></domain>",
	};
	struct domain domain;

	for (size_t i = 0; i < HC_COUNT(texts); i++) {
		const char *why = NULL;

		assert_int_equal(domain_read(*state, texts[i], &domain, &why), -EBADMSG);
		assert_non_null(why);
	}
}

static char *recorded(struct hc_arena *arena, const char *name)
{
	char *text = NULL;

	if (hc_file_read(arena, hc_printf(arena, RECORDED "/%s", name), 1 << 20, &text, NULL))
		fail_msg("cannot read %s", name);
	return text;
}

/* What somebody adds with virsh edit. */
#define ADDED                                                                                      \
	"<controller type='scsi' index='1' model='virtio-scsi'/>"                                  \
	"<serial type='tcp'><source mode='bind' host='127.0.0.1' service='4555'/>"                 \
	"<target port='1'/></serial>"                                                              \
	"<console type='pty'><target type='virtio' port='1'/></console>"                           \
	"<channel type='unix'><target type='virtio' name='org.example.0'/></channel>"              \
	"<input type='keyboard' bus='usb'><address type='usb' bus='0' port='4'/></input>"          \
	"<graphics type='spice' autoport='yes'/>"                                                  \
	"<video><model type='virtio' heads='1'/></video>"                                          \
	"<rng model='virtio'><backend model='random'>/dev/random</backend></rng>"                  \
	"<audio id='2' type='alsa'/>"                                                              \
	"<watchdog model='i6300esb' action='reset'><address type='pci' domain='0x0000' "           \
	"bus='0x0b' slot='0x00' function='0x0'/></watchdog>"

static const char *const added[] = {
	"index=\"1\" model=\"virtio-scsi\"",
	"service=\"4555\"",
	"type=\"virtio\" port=\"1\"",
	"org.example.0",
	"type=\"keyboard\" bus=\"usb\"",
	"type=\"spice\"",
	"model type=\"virtio\" heads=\"1\"",
	"/dev/random",
	"type=\"alsa\"",
	"i6300esb",
};

static size_t times(const char *text, const char *word)
{
	size_t n = 0;

	while ((text = strstr(text, word))) {
		n++;
		text++;
	}
	return n;
}

static void what_somebody_added_stays(void **state)
{
	struct domain want = rich(*state), have;
	const char *xml = domain_write(*state, &want);

	xml = replace(*state, xml, "</devices>", ADDED "</devices>");
	have = read_back(*state, through_libvirt(*state, as_test(*state, xml)));
	assert_true(have.vm.serial);
	assert_true(have.usb);
	assert_false(have.screen);
	domain_keep(&want, &have);
	xml = domain_write(*state, &want);
	for (size_t i = 0; i < HC_COUNT(added); i++)
		if (times(replace(*state, xml, "'", "\""), added[i]) != 1)
			fail_msg("%s is there %zu times: %s", added[i], times(xml, added[i]), xml);
	/* ... once, beside our own, and as often as it is defined anew */
	assert_int_equal(times(xml, "<serial type"), 2);
	assert_int_equal(times(xml, "<graphics"), 2);
	assert_int_equal(times(xml, "<video"), 2);
	assert_int_equal(times(xml, "<memballoon"), 1);
	have = read_back(*state, through_libvirt(*state, as_test(*state, xml)));
	domain_keep(&want, &have);
	assert_string_equal(xml, domain_write(*state, &want));
}

static void nothing_of_our_own_is_somebody_elses(void **state)
{
	struct domain want = rich(*state), have;
	const char *xml = domain_write(*state, &want);

	have = read_back(*state, through_libvirt(*state, as_test(*state, xml)));
	assert_null(have.others);
	have = read_back(*state, recorded(*state, "defined.xml"));
	assert_null(have.others);
	assert_false(have.usb);
	assert_false(have.screen);
}

/* Not two of what there can be one of. */
static void what_somebody_put_in_the_place_of_ours_moves(void **state)
{
	struct domain want = rich(*state), have;
	const char *xml = domain_write(*state, &want);

	xml = replace(*state, xml, "<serial type=\"pty\">",
		      "<serial type='null'><target port='0'/></serial><serial type=\"null\">");
	xml = replace(*state, xml, "<model type=\"vga\"/>",
		      "<model type=\"virtio\" primary=\"yes\"/>");
	have = read_back(*state, xml);
	assert_false(have.vm.serial);
	assert_true(have.screen);
	domain_keep(&want, &have);
	xml = domain_write(*state, &want);
	assert_int_equal(times(xml, "<serial type=\"null\""), 2);
	assert_int_equal(times(xml, "<target port=\"0\"/>"), 1);
	assert_int_equal(times(xml, "<video"), 1);
	(void)through_libvirt(*state, as_test(*state, xml));
}

static void on_another_machine_it_has_another_place(void **state)
{
	struct domain want = rich(*state), have;
	const char *xml = domain_write(*state, &want);

	xml = replace(*state, xml, "</devices>", ADDED "</devices>");
	have = read_back(*state, xml);
	want.vm.machine = "pc";
	domain_keep(&want, &have);
	xml = domain_write(*state, &want);
	assert_non_null(strstr(xml, "i6300esb"));
	assert_null(strstr(xml, "bus=\"0x0b\""));
	assert_non_null(strstr(xml, "port=\"4\"")); /* of the USB bus, which is there too */
}

/* Defined by us in libvirt 9, and started there: both read back as what was asked for. */
static void libvirt_9_gives_back_what_was_asked_for(void **state)
{
	struct domain defined = read_back(*state, recorded(*state, "defined.xml"));
	struct domain running = read_back(*state, recorded(*state, "running.xml"));

	assert_true(defined.ours);
	/* A guest that has just begun to boot has not given any memory back yet. */
	assert_int_equal(running.vm.memory, running.vm.max_memory);
	running.vm.memory = defined.vm.memory;
	assert_domain(&defined, &running);
	assert_int_equal(defined.vm.id, 100);
	assert_string_equal(defined.vm.machine, "pc-q35-7.2");
	assert_string_equal(defined.vm.cpu, "qemu64");
	assert_string_equal(defined.vm.boot, "disk,cdrom");
	assert_string_equal(disk_of(&defined, "disk-0")->source.image, "vm-100-disk-0");
	assert_non_null(net_of(&defined, "net0")->address);
	assert_string_equal(net_of(&defined, "net0")->address, net_of(&running, "net0")->address);
}

static void a_pool_reads_back(void **state)
{
	struct domain_source source = rbd(*state, "");
	struct hc_storage want = {.type = HC_STORAGE_RBD, .pool = "stockage_ceph"}, have;
	const char *uuid, *why;
	char *xml = pool_write(*state, &want, "vms", UUID, &source.hosts, "client.libvirt", SECRET);

	assert_int_equal(pool_read(*state, xml, &have, &uuid, &why), 0);
	assert_int_equal(have.type, HC_STORAGE_RBD);
	assert_string_equal(have.pool, "stockage_ceph");
	assert_string_equal(have.user, "client.libvirt");
	assert_string_equal(uuid, UUID);
	assert_string_equal(pool_read_secret(*state, xml), SECRET);
	assert_int_equal(have.hosts.n, source.hosts.n);
	want = (struct hc_storage){.type = HC_STORAGE_DIR, .path = "/srv/a & b"};
	xml = pool_write(*state, &want, "iso", UUID, NULL, NULL, NULL);
	assert_int_equal(pool_read(*state, xml, &have, &uuid, &why), 0);
	assert_int_equal(have.type, HC_STORAGE_DIR);
	assert_string_equal(have.path, want.path);
	xml = replace(*state, xml, "type=\"dir\"", "type=\"logical\"");
	assert_int_equal(pool_read(*state, xml, &have, &uuid, &why), -ENOTSUP);
	assert_string_equal(why, "it is a pool of type logical");
	assert_int_equal(pool_read(*state, "<domain/>", &have, &uuid, &why), -EBADMSG);
}

static void a_secret_has_no_value_in_it(void **state)
{
	const char *xml = secret_write(*state, SECRET, "hcstate client.libvirt", "of hcstate");

	assert_non_null(strstr(xml, "private=\"no\""));
	assert_non_null(strstr(xml, "<uuid>" SECRET "</uuid>"));
	assert_non_null(strstr(xml, "<usage type=\"ceph\">"));
	assert_non_null(strstr(xml, "<name>hcstate client.libvirt</name>"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_reads_back),
		TEST(libvirt_takes_it_and_gives_it_back),
		TEST(a_disk_keeps_its_place_on_the_bus),
		TEST(the_seed_is_where_a_kernel_for_clouds_sees_it),
		TEST(sata_disks_and_media_do_not_meet),
		TEST(a_machine_without_version_is_any_version_of_it),
		TEST(booting_skips_what_is_not_there),
		TEST(an_order_of_booting_that_was_changed_is_seen),
		TEST(an_empty_drive_is_none_and_no_drive_is_nothing),
		TEST(host_model_is_known_again_when_it_runs),
		TEST(what_libvirt_chose_is_kept),
		TEST(a_machine_without_a_free_port_is_full),
		TEST(devices_of_others_have_no_name_and_stay),
		TEST(what_somebody_added_stays),
		TEST(nothing_of_our_own_is_somebody_elses),
		TEST(what_somebody_put_in_the_place_of_ours_moves),
		TEST(on_another_machine_it_has_another_place),
		TEST(one_device_is_written_as_in_the_whole),
		TEST(what_is_no_domain_is_refused),
		TEST(libvirt_9_gives_back_what_was_asked_for),
		TEST(a_pool_reads_back),
		TEST(a_secret_has_no_value_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
