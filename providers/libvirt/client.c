/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ceph lists a client that was killed as a watcher for half a minute more, and no VM is started
 * beside a client that nobody knows. A VM's own clients stand in its claim; hcstate's are noted
 * here, before any image is opened with them.
 */

#include "client.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <hcstate/directory.h>

#define ADDRESS "0123456789abcdefABCDEF.:[]/"

enum {
	OLD_S = 3600, /* nobody of that time is a watcher still */
};

struct client {
	rados_t rados;
	char *address;
	int fd; /* locked */
	struct client *next;
};

struct clients {
	pthread_mutex_t lock;
	struct client *list;
};

struct clients *clients_new(void)
{
	struct clients *clients = calloc(1, sizeof(*clients));

	if (!clients)
		abort();                                /* memory has run out */
	(void)pthread_mutex_init(&clients->lock, NULL); /* cannot fail on Linux */
	return clients;
}

static void directory_of(char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/clients", hc_state_directory());
}

/* "10.0.0.1:0/3571" has a slash, which a file's name has not. -EINVAL: it is no address. */
static int path_of(char path[PATH_MAX], const char *address)
{
	size_t size = strlen(address), before;

	directory_of(path);
	before = strlen(path) + 1;
	if (!size || before + size >= PATH_MAX || strspn(address, ADDRESS) != size ||
	    *address == '.')
		return -EINVAL;
	path[before - 1] = '/';
	memcpy(path + before, address, size + 1);
	for (char *at = path + before; *at; at++)
		if (*at == '/')
			*at = '_';
	return 0;
}

static bool is_locked(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
}

void client_forget(const char *address)
{
	char path[PATH_MAX];

	if (!path_of(path, address))
		(void)unlink(path); /* else it is swept one day */
}

static void drop(struct client *client)
{
	client_forget(client->address);
	(void)close(client->fd);
	free(client->address);
	free(client);
}

struct clients *clients_free(struct clients *clients)
{
	struct client *next;

	if (!clients)
		return NULL;
	for (struct client *at = clients->list; at; at = next) {
		next = at->next;
		drop(at);
	}
	(void)pthread_mutex_destroy(&clients->lock);
	free(clients);
	return NULL;
}

static void sweep(int directory, const char *name)
{
	_cleanup_(hc_closep) int fd =
		openat(directory, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_mtime < time(NULL) - OLD_S &&
	    !is_locked(fd))
		(void)unlinkat(directory, name, 0); /* the next one tries it again */
}

/* What those that were killed long ago have left. */
static void sweep_all(void)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	DIR *directory;

	directory_of(path);
	directory = opendir(path);
	while (directory && (entry = readdir(directory)))
		if (*entry->d_name != '.')
			sweep(dirfd(directory), entry->d_name);
	if (directory)
		(void)closedir(directory);
}

/* A fd, locked, or a negative errno. */
static int note(const char *address)
{
	char path[PATH_MAX];
	int fd, r;

	directory_of(path);
	if (mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	r = path_of(path, address);
	if (r)
		return r;
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	(void)close(fd);
	return -EBUSY;
}

void clients_add(struct clients *clients, rados_t rados)
{
	struct client *client = calloc(1, sizeof(*client));
	char *address = NULL;

	if (!client)
		abort();
	sweep_all();
	client->rados = rados;
	client->fd = rados_getaddrs(rados, &address) < 0 ? -1 : note(address);
	if (client->fd >= 0)
		client->address = strdup(address);
	rados_buffer_free(address);
	if (!client->address) {
		free(client);
		return;
	}
	pthread_mutex_lock(&clients->lock);
	client->next = clients->list;
	clients->list = client;
	pthread_mutex_unlock(&clients->lock);
}

void clients_remove(struct clients *clients, rados_t rados)
{
	struct client **at = &clients->list, *found;

	pthread_mutex_lock(&clients->lock);
	while (*at && (*at)->rados != rados)
		at = &(*at)->next;
	found = *at;
	if (found)
		*at = found->next;
	pthread_mutex_unlock(&clients->lock);
	if (found)
		drop(found);
}

char *client_address(struct hc_arena *arena, rados_t rados)
{
	char *text = NULL, *address;

	if (rados_getaddrs(rados, &text) < 0)
		return hc_strdup(arena, "");
	address = hc_strdup(arena, text);
	rados_buffer_free(text);
	return address;
}

/* The port of a client is 0, and what is behind it its own. */
static size_t host_size(const char *address)
{
	const char *port = strrchr(address, ':');

	return port ? (size_t)(port - address) : 0;
}

bool client_is_beside(const char *address, const char *other)
{
	size_t size = host_size(address);

	return size && size == host_size(other) && !strncmp(address, other, size);
}

enum client_kind client_kind(const char *address)
{
	char path[PATH_MAX];
	_cleanup_(hc_closep) int fd = -1;

	if (path_of(path, address))
		return CLIENT_STRANGE;
	fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return CLIENT_STRANGE;
	return is_locked(fd) ? CLIENT_LIVES : CLIENT_ENDED;
}
