/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Requests to the kernel's rtnetlink, one socket per call. */

#include <libmnl/libmnl.h>

#include <hcstate/provider.h>

enum {
	RTNL_MESSAGE = 1024,     /* bytes; the longest of ours has an alias of 255 */
	RTNL_ANSWER = 32 * 1024, /* bytes; what the kernel gives at most in one piece of a dump */
};

struct rtnl {
	struct hc_call *call;
	struct mnl_socket *socket;
	uint32_t sequence;
	char *bytes;     /* RTNL_ANSWER of them, for what the kernel says */
	const char *why; /* what the kernel said about the last error, or NULL */
};

/* A request under construction. */
struct rtnl_request {
	union {
		struct nlmsghdr header;
		char bytes[RTNL_MESSAGE];
	};
};

typedef int (*rtnl_fn)(const struct nlmsghdr *message, void *data);

int rtnl_open(struct hc_call *call, struct rtnl *rtnl);
void rtnl_close(struct rtnl *rtnl);

/* Begins a request: its type, flags beyond NLM_F_REQUEST, and room for the family header, which is
 * given. */
void *rtnl_begin(struct rtnl_request *request, uint16_t type, uint16_t flags, size_t size);

/*
 * Sends it and gives each answer to `each` (may be NULL) until the kernel says it is the end.
 * -EINTR: things changed during a dump, which may lack some of them; ask again.
 */
int rtnl_run(struct rtnl *rtnl, struct rtnl_request *request, rtnl_fn each, void *data);

/* Says that it failed: "cannot WHAT: the error (what the kernel said)"; gives `error`, negative. */
int rtnl_fail(struct rtnl *rtnl, int error, const struct hc_resource *about, const char *format,
	      ...) HC_PRINTF(4, 5);
