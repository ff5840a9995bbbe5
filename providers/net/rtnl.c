/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request, its answers, its end. Whether it is a dump of a thousand links or a single change,
 * the kernel's answer is a row of messages that NLMSG_DONE or an acknowledgement ends, so one loop
 * serves both. Answers are handed on as they arrive; a dump is never held in memory.
 *
 * The kernel is asked to say in words what it did not like (extended acknowledgement) and to heed
 * the filters of dump requests (strict checking).
 */

#include "rtnl.h"

#include <string.h>
#include <sys/time.h>

static void set_timeout(struct rtnl *rtnl)
{
	uint64_t now = hc_now(), left = UINT64_C(30000000);
	struct timeval timeout;

	if (rtnl->call->deadline < now + left)
		left = rtnl->call->deadline > now ? rtnl->call->deadline - now : 1;
	timeout.tv_sec = (time_t)(left / 1000000);
	timeout.tv_usec = (suseconds_t)(left % 1000000);
	(void)setsockopt(mnl_socket_get_fd(rtnl->socket), SOL_SOCKET, SO_RCVTIMEO, &timeout,
			 sizeof(timeout)); /* without it only a broken kernel could hang us */
}

int rtnl_open(struct hc_call *call, struct rtnl *rtnl)
{
	int yes = 1;

	*rtnl = (struct rtnl){.call = call,
			      .socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC)};
	if (!rtnl->socket || mnl_socket_bind(rtnl->socket, 0, MNL_SOCKET_AUTOPID)) {
		int error = errno;

		rtnl_close(rtnl);
		return hc_fail(call, error, NULL, "cannot open a netlink socket: %s",
			       strerror(error));
	}
	/* Kernels that do not know one of these do without. */
	(void)mnl_socket_setsockopt(rtnl->socket, NETLINK_EXT_ACK, &yes, sizeof(yes));
	(void)mnl_socket_setsockopt(rtnl->socket, NETLINK_CAP_ACK, &yes, sizeof(yes));
	(void)mnl_socket_setsockopt(rtnl->socket, NETLINK_GET_STRICT_CHK, &yes, sizeof(yes));
	rtnl->bytes = hc_alloc(call->arena, RTNL_ANSWER);
	set_timeout(rtnl);
	return 0;
}

void rtnl_close(struct rtnl *rtnl)
{
	if (rtnl->socket)
		(void)mnl_socket_close(rtnl->socket); /* nothing useful can be done about it */
	rtnl->socket = NULL;
}

void *rtnl_begin(struct rtnl_request *request, uint16_t type, uint16_t flags, size_t size)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(request->bytes);

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	if ((flags & NLM_F_DUMP) != NLM_F_DUMP) /* its bits mean other things in changes */
		header->nlmsg_flags |= NLM_F_ACK;
	return mnl_nlmsg_put_extra_header(header, size);
}

static void keep_words(struct rtnl *rtnl, const struct nlmsghdr *message)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);
	size_t offset = sizeof(*error);
	struct nlattr *attr;

	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		offset += mnl_nlmsg_get_payload_len(&error->msg);
	mnl_attr_for_each(attr, message, offset)
	{
		if (mnl_attr_get_type(attr) != NLMSGERR_ATTR_MSG ||
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
			continue;
		rtnl->why = hc_strdup(rtnl->call->arena, mnl_attr_get_str(attr));
	}
}

/* One message: 1 there is more to come, 0 that was the end, or a negative errno. */
static int take(struct rtnl *rtnl, const struct nlmsghdr *message, rtnl_fn each, void *data)
{
	const int *error = mnl_nlmsg_get_payload(message);
	int r;

	switch (message->nlmsg_type) {
	case NLMSG_NOOP:
		return 1;
	case NLMSG_ERROR:
		if (mnl_nlmsg_get_payload_len(message) < sizeof(struct nlmsgerr))
			return -EBADMSG;
		if (*error)
			keep_words(rtnl, message);
		return *error;
	case NLMSG_DONE:
		if (mnl_nlmsg_get_payload_len(message) < sizeof(*error))
			return 0;
		return *error < 0 ? *error : 0;
	case NLMSG_OVERRUN:
		return -ENOBUFS;
	default:
		r = each ? each(message, data) : 0;
		return r < 0 ? r : 1;
	}
}

/* A piece of the answer, as take(). A dump is read to its end also when things changed meanwhile.
 */
static int take_all(struct rtnl *rtnl, size_t size, rtnl_fn each, void *data, bool *changed)
{
	int left = (int)size, r = 1;

	for (const struct nlmsghdr *m = (const void *)rtnl->bytes; r > 0 && mnl_nlmsg_ok(m, left);
	     m = mnl_nlmsg_next(m, &left)) {
		if (m->nlmsg_seq != rtnl->sequence)
			continue;
		*changed |= m->nlmsg_flags & NLM_F_DUMP_INTR;
		r = take(rtnl, m, each, data);
	}
	return r;
}

int rtnl_run(struct rtnl *rtnl, struct rtnl_request *request, rtnl_fn each, void *data)
{
	bool changed = false;
	int r = 1;

	rtnl->why = NULL;
	request->header.nlmsg_seq = ++rtnl->sequence;
	if (mnl_socket_sendto(rtnl->socket, request, request->header.nlmsg_len) < 0)
		return -errno;
	while (r > 0) {
		ssize_t size = mnl_socket_recvfrom(rtnl->socket, rtnl->bytes, RTNL_ANSWER);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		r = take_all(rtnl, (size_t)size, each, data, &changed);
	}
	return !r && changed ? -EINTR : r;
}

int rtnl_fail(struct rtnl *rtnl, int error, const struct hc_resource *about, const char *format,
	      ...)
{
	const char *what;
	va_list args;

	va_start(args, format);
	what = hc_vprintf(rtnl->call->arena, format, args);
	va_end(args);
	return hc_fail(rtnl->call, -error, about, "cannot %s: %s%s%s%s", what, strerror(-error),
		       rtnl->why ? " (" : "", rtnl->why ? rtnl->why : "", rtnl->why ? ")" : "");
}
