/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secret libvirt's values for this node, as files where libvirtd and QEMU look for them. One pair
 * serves four: libvirtd and QEMU, each as server and as client.
 *
 * libvirtd runs as root and so do its keys. QEMU reads its own, as user libvirt-qemu; a guest that
 * breaks out of its QEMU gets what that may read, so libvirtd's files are not among it.
 */

#include "certificates.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gnutls/x509.h>
#include <grp.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <hcstate/cluster.h>
#include <hcstate/directory.h>
#include <hcstate/file.h>
#include <hcstate/secret.h>

#define QEMU_GROUP "libvirt-qemu"

enum {
	FILE_MAX = 64 * 1024, /* as much as a sealed value can have */
	GROUP_MAX = 64 * 1024,
};

/* Whose value a file holds. */
enum source {
	CA_CERTIFICATE,
	CERTIFICATE,
	KEY,
	SOURCES,
};

static const struct file {
	const char *path;
	enum source source;
	bool qemu; /* for QEMU's group, too */
} files[] = {
	{"/etc/pki/CA/cacert.pem", CA_CERTIFICATE, false},
	{"/etc/pki/libvirt/servercert.pem", CERTIFICATE, false},
	{"/etc/pki/libvirt/clientcert.pem", CERTIFICATE, false},
	{"/etc/pki/libvirt/private/serverkey.pem", KEY, false},
	{"/etc/pki/libvirt/private/clientkey.pem", KEY, false},
	{"/etc/pki/qemu/ca-cert.pem", CA_CERTIFICATE, true},
	{"/etc/pki/qemu/server-cert.pem", CERTIFICATE, true},
	{"/etc/pki/qemu/client-cert.pem", CERTIFICATE, true},
	{"/etc/pki/qemu/server-key.pem", KEY, true},
	{"/etc/pki/qemu/client-key.pem", KEY, true},
};

/* The opened values; for values_close(). */
struct values {
	uint8_t *data[SOURCES];
	size_t size[SOURCES];
};

static void values_close(struct values *values)
{
	for (size_t i = 0; i < SOURCES; i++)
		hc_secret_close(&values->data[i]);
}

static const char *value_name(struct hc_call *call, enum source source)
{
	switch (source) {
	case CA_CERTIFICATE:
		return HC_LIBVIRT_CA_CERT;
	case CERTIFICATE:
		return hc_printf(call->arena, "%s" HC_LIBVIRT_CERT, call->node);
	case KEY:
		return hc_printf(call->arena, "%s" HC_LIBVIRT_KEY, call->node);
	case SOURCES:
		break;
	}
	return NULL;
}

static int open_values(struct hc_call *call, struct values *values)
{
	int r = 0;

	for (unsigned i = 0; !r && i < SOURCES; i++)
		r = hc_secret_open(call, HC_LIBVIRT_SECRET, value_name(call, i), &values->data[i],
				   &values->size[i]);
	return r;
}

const char *certificates_missing(struct hc_call *call)
{
	for (unsigned i = 0; i < SOURCES; i++) {
		const char *name = value_name(call, i);

		if (!hc_find(call->whole, &hc_secret_value, NULL,
			     hc_printf(call->arena, HC_LIBVIRT_SECRET "/%s", name)))
			return name;
	}
	return NULL;
}

static void free_guarded(uint8_t **data)
{
	sodium_free(*data);
}

static bool same_content(int fd, const uint8_t *want, size_t size)
{
	_cleanup_(free_guarded) uint8_t *have = sodium_malloc(size + 1);
	size_t n = 0;
	ssize_t got = 0;

	if (!have)
		abort(); /* memory has run out */
	while (n <= size && (got = read(fd, have + n, size + 1 - n)) > 0)
		n += (size_t)got;
	return n == size && !sodium_memcmp(have, want, size);
}

/* Who of all others may read a file with that content. */
static mode_t mode_of(const struct file *file)
{
	if (file->source != KEY)
		return 0644;
	return file->qemu ? 0640 : 0600;
}

static int judge_file(const struct file *file, const struct values *values, gid_t group,
		      enum hc_keyring *verdict, double *changed)
{
	_cleanup_(hc_closep) int fd =
		open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	*verdict = fd < 0 && (errno == ENOENT || errno == ENOTDIR) ? HC_KEYRING_ABSENT
								   : HC_KEYRING_WRONG;
	if (fd < 0)
		return *verdict == HC_KEYRING_ABSENT || errno == ELOOP ? 0 : -errno;
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) ||
	    !same_content(fd, values->data[file->source], values->size[file->source]))
		return 0;
	if (!file->qemu) /* QEMU reads its own when it needs them */
		*changed = (double)st.st_ctim.tv_sec + (double)st.st_ctim.tv_nsec / 1e9;
	*verdict = HC_KEYRING_RIGHT;
	if (st.st_uid || st.st_gid != (file->qemu ? group : 0) ||
	    (st.st_mode & 07777) != mode_of(file))
		*verdict = HC_KEYRING_READABLE;
	return 0;
}

/* Where there is no such group yet, only root can have been meant. */
static int qemu_group(struct hc_call *call, gid_t *group)
{
	struct group entry, *found = NULL;
	int r = getgrnam_r(QEMU_GROUP, &entry, hc_alloc(call->arena, GROUP_MAX), GROUP_MAX, &found);

	if (!found)
		return hc_fail(call, r ? r : ENOENT, NULL,
			       r ? "cannot look up group " QEMU_GROUP
				 : "there is no group " QEMU_GROUP
				   ": package libvirt-daemon-system is not installed");
	*group = found->gr_gid;
	return 0;
}

/* One of all that is wrong makes all wrong; absent are they only when all are. */
static enum hc_keyring together(enum hc_keyring all, enum hc_keyring one)
{
	if (all == one)
		return all;
	if (all == HC_KEYRING_WRONG || one == HC_KEYRING_WRONG || all == HC_KEYRING_ABSENT ||
	    one == HC_KEYRING_ABSENT)
		return HC_KEYRING_WRONG;
	return HC_KEYRING_READABLE;
}

int certificates_judge(struct hc_call *call, enum hc_keyring *verdict, double *changed)
{
	_cleanup_(values_close) struct values values = {0};
	gid_t group = 0;
	int r = open_values(call, &values);

	*changed = 0;
	if (!r)
		r = qemu_group(call, &group);
	for (size_t i = 0; !r && i < HC_COUNT(files); i++) {
		enum hc_keyring one;
		double when = 0;

		r = judge_file(&files[i], &values, group, &one, &when);
		if (r)
			return hc_fail(call, -r, NULL, "%s: %s", files[i].path, strerror(-r));
		*verdict = i ? together(*verdict, one) : one;
		if (when > *changed)
			*changed = when;
	}
	return r;
}

static int write_file(struct hc_call *call, const struct file *file, const struct values *values,
		      gid_t group)
{
	size_t directory = (size_t)(strrchr(file->path, '/') - file->path);
	int r = hc_directory_give(hc_strndup(call->arena, file->path, directory),
				  file->source == KEY && !file->qemu ? 0700 : 0755, 0, 0);

	if (!r)
		r = hc_file_give(file->path, mode_of(file), 0, file->qemu ? group : 0,
				 values->data[file->source], values->size[file->source]);
	return r ? hc_fail(call, -r, NULL, "%s: %s", file->path, hc_directory_error(r)) : 0;
}

int certificates_write(struct hc_call *call)
{
	_cleanup_(values_close) struct values values = {0};
	gid_t group = 0;
	int r = open_values(call, &values);

	if (!r)
		r = qemu_group(call, &group);
	if (!r)
		r = hc_directory_give("/etc/pki", 0755, 0, 0);
	for (size_t i = 0; !r && i < HC_COUNT(files); i++)
		r = write_file(call, &files[i], &values, group);
	return r;
}

static void crt_free(gnutls_x509_crt_t *crt)
{
	if (*crt)
		gnutls_x509_crt_deinit(*crt);
}

static int import(gnutls_x509_crt_t *crt, struct hc_arena *arena, const uint8_t *data, size_t size)
{
	/* a datum's bytes cannot be const; a certificate is no secret */
	gnutls_datum_t datum = {
		.data = (unsigned char *)hc_strndup(arena, (const char *)data, size),
		.size = (unsigned)size,
	};
	int r = gnutls_x509_crt_init(crt);

	return r < 0 ? r : gnutls_x509_crt_import(*crt, &datum, GNUTLS_X509_FMT_PEM);
}

const char *certificate_check(struct hc_arena *arena, const uint8_t *data, size_t size,
			      const char *host)
{
	_cleanup_(crt_free) gnutls_x509_crt_t crt = NULL;

	if (import(&crt, arena, data, size) < 0)
		return "it is no certificate in PEM";
	if (!gnutls_x509_crt_check_hostname(crt, host))
		return hc_printf(arena, "it does not name %s", host);
	if (gnutls_x509_crt_get_expiration_time(crt) <= time(NULL))
		return "it has expired";
	return NULL;
}

/* All its addresses: whoever connects uses the first, and QEMU what libvirt tells it. */
int certificates_flaw(struct hc_call *call, const char **flaw)
{
	_cleanup_(hc_secret_close) uint8_t *data = NULL;
	const struct hc_resource *node = hc_find(call->whole, &hc_node, NULL, call->node);
	const struct hc_node *spec = node ? node->spec : NULL;
	const char *why = NULL;
	size_t size = 0;
	int r = hc_secret_open(call, HC_LIBVIRT_SECRET, value_name(call, CERTIFICATE), &data,
			       &size);

	if (!r)
		why = certificate_check(call->arena, data, size, call->node);
	for (size_t i = 0; !r && !why && spec && i < spec->links.n; i++)
		why = certificate_check(call->arena, data, size, spec->links.v[i].value);
	*flaw = why ? why : "";
	return r;
}
