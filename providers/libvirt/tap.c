/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bridge that is removed lets go of its taps, and the one that is made in its place has none of
 * them: libvirt does not notice, and the guest has no network until it is started again. So what
 * the kernel says counts, and the tap is put back: libvirt itself would find that nothing changed.
 */

#include "tap.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_name(const char *name)
{
	return name && *name && strlen(name) < IFNAMSIZ && !strchr(name, '/');
}

const char *tap_bridge(struct hc_arena *arena, const char *links, const char *tap)
{
	char target[256];
	const char *device, *slash;
	ssize_t n;

	if (!is_name(tap))
		return NULL;
	device = hc_printf(arena, "%s/%s", links ? links : "/sys/class/net", tap);
	if (access(device, F_OK))
		return NULL;
	n = readlink(hc_printf(arena, "%s/master", device), target, sizeof(target) - 1);
	if (n < 0)
		return errno == ENOENT ? "" : NULL;
	target[n] = '\0';
	slash = strrchr(target, '/');
	return hc_strdup(arena, slash ? slash + 1 : target);
}

int tap_join(const char *tap, const char *bridge)
{
	struct ifreq request = {.ifr_ifindex = (int)(is_name(tap) ? if_nametoindex(tap) : 0)};
	int fd, r = 0;

	if (!is_name(bridge) || !request.ifr_ifindex)
		return -ENODEV;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	memcpy(request.ifr_name, bridge, strlen(bridge) + 1);
	if (ioctl(fd, SIOCBRADDIF, &request) && errno != EBUSY) /* it is in one: checked before */
		r = -errno;
	(void)close(fd);
	return r;
}
