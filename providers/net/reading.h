/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the parts of one read share. */

#include "nouns.h"

struct reading {
	struct hc_call *call;
	struct hc_state *live;
	struct links links;
	struct boot_files files;
	struct hc_map ifupdown;
	const char **ports; /* links that manifests name as ports, sorted */
	size_t nport;
	const struct hc_address **routes; /* networks to which manifests ask for a route, sorted */
	size_t nroute;
	size_t undo; /* how many resources there were before this dump */
};

bool is_wanted(const struct reading *reading, const struct hc_type *type, const char *name);
/* Whether what hangs on that link is shown. */
bool is_shown(const struct reading *reading, const struct link *link);
struct hc_resource *make(struct reading *reading, const struct hc_type *type, const char *name);
void set_all(struct hc_resource *resource); /* every field is present */

/* read_ip.c: one message each; data is the struct reading. */
int take_address(const struct nlmsghdr *message, void *data);
int take_route(const struct nlmsghdr *message, void *data);
void tell_apart(struct reading *reading);
int by_network(const void *a, const void *b); /* for reading->routes */

void add_networkd(struct reading *reading); /* service.c */
