/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Block devices of this node: looking at them, and emptying one. What is read comes past the page
 * cache where the device allows that.
 */

#include <sys/types.h>

#include <hcstate/base.h>
#include <hcstate/value.h>

enum {
	DISK_PAGE = 4096,
};

/* A block device: a descriptor, or -errno; -ENOTBLK: it is something else. *number may be NULL.
 * Flags as of open(2); with O_EXCL the kernel must not be using it either (-EBUSY). */
int disk_open(const char *path, int flags, dev_t *number);
uint64_t disk_size(int fd); /* bytes; 0: no medium */
/* Reads the first page; a shorter device leaves zeroes. `page` is aligned to DISK_PAGE. */
int disk_first_page(int fd, void *page);
/* 1: its first and last MiB are zero; 0: not; -errno: it cannot be read. */
int disk_is_zero(int fd);
/* Zeroes the last, then the first MiB: what is cut short in between still has its label. */
int disk_zero_ends(int fd);
/* Takes the lock that BlueStore takes on its devices; -EWOULDBLOCK: somebody has it. */
int disk_lock(int fd);

/* What uses it: "mounted at /srv", "swap", "part of dm-0", "has partitions"; "": nothing. */
const char *disk_user(struct hc_arena *arena, dev_t number);
/* "8:16" */
char *disk_number(struct hc_arena *arena, dev_t number);
/* The paths of all block devices below /dev, each device once. */
void disk_list(struct hc_arena *arena, struct hc_strings *paths);
/* Another path of it that keeps its meaning over a reboot: below /dev/disk/by-id or by-path; NULL:
 * none. */
const char *disk_stable_path(struct hc_arena *arena, dev_t number);

/* What libblkid takes it for: "an ext4 file system, labelled data", "a gpt partition table"; "": it
 * finds nothing; NULL: it cannot read it. */
const char *disk_signature(struct hc_arena *arena, int fd);
/* Removes all signatures that libblkid finds, then zeroes the ends. */
int disk_wipe(int fd);
