/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node has on its disk because there is a Ceph cluster: ceph.conf, the admin's key ring, the
 * drop-in that gives ceph its disks at boot, and a note that the cluster exists.
 *
 * The files come before this node's daemons. The note can only be made once the monitors answer, so
 * it comes after this node's monitor; all else that needs the cluster comes after the note.
 */

#include <string.h>
#include <sys/stat.h>

#include <hcstate/file.h>

#include <ceph-client/sealed_key.h>

#include "conf.h"
#include "daemon.h"
#include "keyring.h"
#include "past.h"
#include "store.h"

#define ADMIN_FILE "/etc/ceph/ceph.client.admin.keyring"

enum {
	FILE_MAX = 1024 * 1024,
};

enum node_op {
	NODE_CONF,
	NODE_KEYRING,
	NODE_UNIT_FILES,
	NODE_NOTE,
};

int node_derive(struct hc_call *call, struct hc_set *desired)
{
	struct wants wants = wants_of(call);
	struct hc_ceph_node *node;
	struct hc_resource *r;

	if (!wants.resource || !call->member)
		return 0;
	r = hc_resource_new(desired, &hc_ceph_node, call->node, wants.resource->name);
	r->place = wants.resource->place;
	node = r->spec;
	node->conf = conf_render(desired->arena, &wants, call->node);
	if (node->conf)
		hc_set_field(r, struct hc_ceph_node, conf);
	node->admin_keyring = HC_KEYRING_RIGHT;
	hc_set_field(r, struct hc_ceph_node, admin_keyring);
	node->unit_files = conf_drop_in(desired->arena);
	hc_set_field(r, struct hc_ceph_node, unit_files);
	node->known = true;
	hc_set_field(r, struct hc_ceph_node, known);
	return 0;
}

/* NULL: there is none. */
static int read_file(struct hc_call *call, const char *path, const char **text)
{
	char *data;
	int r = hc_file_read(call->arena, path, FILE_MAX, &data, NULL);

	*text = r ? NULL : data;
	return r && r != -ENOENT ? hc_fail(call, -r, NULL, "%s: %s", path, strerror(-r)) : 0;
}

/* Without the secret adjust refuses, with words of its own. */
static int judge_admin(struct hc_call *call, enum hc_keyring *verdict)
{
	_cleanup_(hc_secret_close) uint8_t *key = NULL;
	struct keyring want = {.entity = HC_CEPH_ADMIN_KEY, .caps = ""};
	int r;

	*verdict = HC_KEYRING_ABSENT;
	if (access(ADMIN_FILE, F_OK))
		return 0;
	r = sealed_key_open(call, HC_CEPH_SECRET, HC_CEPH_ADMIN_KEY, NULL, &key, &want.size);
	if (r)
		return r;
	want.key = key;
	r = keyring_judge(ADMIN_FILE, &want, 0, verdict);
	return r ? hc_fail(call, -r, NULL, ADMIN_FILE ": %s", strerror(-r)) : 0;
}

static void put_texts(struct hc_resource *r, const char *conf, const char *unit_files)
{
	struct hc_ceph_node *node = r->spec;

	if (conf) {
		node->conf = conf;
		hc_set_field(r, struct hc_ceph_node, conf);
	}
	if (unit_files) {
		node->unit_files = unit_files;
		hc_set_field(r, struct hc_ceph_node, unit_files);
	}
}

static void put_past(const struct look *look, struct hc_resource *r, const char *conf)
{
	struct hc_ceph_node *node = r->spec;
	const char *fsid = conf ? conf_fsid(look->call->arena, conf) : NULL;

	node->known = past_noted(look->wants);
	hc_set_field(r, struct hc_ceph_node, known);
	if (fsid && look->wants->fsid && strcmp(fsid, look->wants->fsid) != 0) {
		node->other = fsid;
		hc_set_field(r, struct hc_ceph_node, other);
	}
	if (*look->past) {
		node->past = look->past;
		hc_set_field(r, struct hc_ceph_node, past);
	}
}

static int emit(const struct look *look, const char *conf, const char *unit_files,
		enum hc_keyring admin)
{
	struct hc_ceph_node *node;
	struct hc_resource *r;

	if (!conf && !unit_files && admin == HC_KEYRING_ABSENT && !past_noted(look->wants))
		return 0;
	r = hc_resource_new(&look->live->found, &hc_ceph_node, look->call->node,
			    look->wants->resource->name);
	r->made = true;
	node = r->spec;
	node->admin_keyring = admin;
	hc_set_field(r, struct hc_ceph_node, admin_keyring);
	put_texts(r, conf, unit_files);
	put_past(look, r, conf);
	return 0;
}

/* What cannot be told of the files is told of this kind alone. */
static int read_node(const struct look *look)
{
	struct hc_call quiet = hc_quiet(look->call);
	const char *conf = NULL, *unit_files = NULL;
	enum hc_keyring admin = HC_KEYRING_ABSENT;
	uid_t user;
	gid_t group;
	int r;

	r = daemon_user(&quiet, &user, &group);
	if (!r)
		r = read_file(&quiet, CONF_FILE, &conf);
	if (!r)
		r = read_file(&quiet, DROP_IN, &unit_files);
	if (!r)
		r = judge_admin(&quiet, &admin);
	if (!r)
		return emit(look, conf, unit_files, admin);
	hc_unknown(look->live, &hc_ceph_node, "%s", hc_said(&quiet, strerror(-r)));
	return 0;
}

static int adjust(struct hc_call *call, struct hc_change *change)
{
	struct wants wants = wants_of(call);

	if (change->action == HC_REMOVE)
		change->kept = "Ceph's files stay: what they speak of may still be there";
	else
		change->refused = daemon_refusal(call);
	/* a mistyped public_network must not take its monitors out of a ceph.conf that works */
	if (change->action != HC_REMOVE && !change->refused && !*mon_hosts(call->arena, &wants))
		change->refused = "no monitor has an address in its public network: ceph.conf "
				  "would name none";
	return 0;
}

/* The first step of each daemon of this node comes after `step`. */
static void before_daemons(struct hc_plan *plan, struct hc_step *step, bool monitors)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct hc_change *change = plan->change[i];
		bool monitor = change->type == &hc_ceph_monitor;
		bool other = change->type == &hc_ceph_manager || change->type == &hc_ceph_mds;

		if ((monitors ? monitor : other) && change->action != HC_REMOVE && change->nstep)
			hc_step_after(plan, change->steps[0], step);
	}
}

static void after_monitors(struct hc_plan *plan, struct hc_step *step)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct hc_change *change = plan->change[i];

		if (change->type == &hc_ceph_monitor && change->action != HC_REMOVE &&
		    change->nstep)
			hc_step_after(plan, step, change->steps[change->nstep - 1]);
	}
}

/* Kinds are planned in the order of their names: this node's daemons have their steps already. */
static int plan_node(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_ceph_node *have = change->have ? change->have->spec : NULL;
	struct hc_step *note;

	(void)call;
	if (change->action == HC_REMOVE)
		return 0;
	if (!have || hc_differs(change, struct hc_ceph_node, conf))
		(void)hc_step(plan, change, NODE_CONF, HC_NONE, NULL, "write ceph.conf");
	if (!have || hc_differs(change, struct hc_ceph_node, admin_keyring))
		(void)hc_step(plan, change, NODE_KEYRING, HC_NONE, NULL,
			      "write ceph.client.admin.keyring");
	if (!have || hc_differs(change, struct hc_ceph_node, unit_files))
		(void)hc_step(plan, change, NODE_UNIT_FILES, HC_NONE, NULL,
			      "write the drop-in of ceph-osd@.service");
	if (change->nstep)
		before_daemons(plan, change->steps[change->nstep - 1], true);
	if (!have || hc_differs(change, struct hc_ceph_node, known)) {
		note = hc_step(plan, change, NODE_NOTE, HC_NONE, NULL,
			       "wait for the monitors and note that the cluster exists");
		after_monitors(plan, note);
	}
	if (change->nstep)
		before_daemons(plan, change->steps[change->nstep - 1], false);
	return 0;
}

static int write_text(struct hc_call *call, const char *path, const char *text)
{
	int r = hc_file_write(path, 0644, text, strlen(text));

	return r ? hc_fail(call, -r, NULL, "%s: %s", path, strerror(-r)) : 0;
}

static int write_admin(struct hc_call *call)
{
	_cleanup_(hc_secret_close) uint8_t *key = NULL;
	struct keyring keys[] = {
		{.entity = HC_CEPH_ADMIN_KEY, .caps = KEYRING_ADMIN_CAPS},
	};
	int r = sealed_key_open(call, HC_CEPH_SECRET, HC_CEPH_ADMIN_KEY, NULL, &key, &keys[0].size);

	keys[0].key = key;
	return r ? r : keyring_write(call, ADMIN_FILE, keys, HC_COUNT(keys), 0, 0);
}

/* ask() has seen to it that they are of this very cluster. */
static int note(struct hc_call *call, struct ceph *self)
{
	struct wants wants = wants_of(call);
	struct ask fsid = {.command = command("fsid", NULL)};
	int r = ask(call, self->connection, &fsid);

	ask_done(&fsid);
	if (!r)
		r = past_note(call, &wants);
	return r ? r : store_grown(call);
}

static int apply(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	const struct hc_ceph_node *want = step->change->want->spec;
	int r;

	switch ((enum node_op)step->op) {
	case NODE_CONF:
		return write_text(call, CONF_FILE, want->conf);
	case NODE_KEYRING:
		return write_admin(call);
	case NODE_UNIT_FILES:
		r = write_text(call, DROP_IN, want->unit_files);
		return r ? r : hc_unit_reload_manager(call);
	case NODE_NOTE:
		return note(call, self);
	}
	return -EINVAL;
}

const struct noun node_noun = {
	.type = &hc_ceph_node,
	.read = read_node,
	.adjust = adjust,
	.plan = plan_node,
	.apply = apply,
};
