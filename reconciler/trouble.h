/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What went wrong with which object, and when it is worth another try. */

#include <hcstate/base.h>

struct hc_trouble {
	const char *object; /* Kind/name@node */
	const char *why;
	uint64_t next;   /* hc_now() before which it is not tried again */
	unsigned count;  /* tries that failed; 0: only waited for */
	unsigned futile; /* the last of them that were no use and will not be */
	unsigned left;   /* steps that were done when no run waited for them any more */
	bool settling;   /* its last try is on its way, and no run asks for it any more */
	bool done; /* its steps were all done: if it differs again, that counts as a failure */
	bool seen; /* this look still has a change for it */
};

struct hc_troubles {
	struct hc_arena *arena; /* its own; made when there is something */
	struct hc_trouble *v;
	size_t n, room;
};

struct hc_trouble *hc_trouble_find(const struct hc_troubles *troubles, const char *object);
struct hc_trouble *hc_trouble_get(struct hc_troubles *troubles, const char *object); /* makes it */
/* A new reason; the same one again costs nothing. */
void hc_trouble_because(struct hc_troubles *troubles, struct hc_trouble *trouble, const char *why);
/* One more failure; the pause doubles from `first` to at most `longest` microseconds. */
void hc_trouble_failed(struct hc_troubles *troubles, struct hc_trouble *trouble, const char *why,
		       uint64_t first, uint64_t longest);
/* Whether more tries are no use either. */
bool hc_trouble_hopeless(const struct hc_trouble *trouble); /* takes NULL */
/* What was said of those that stay is copied: pointers into the others end. */
void hc_trouble_forget_unseen(struct hc_troubles *troubles);
void hc_troubles_unsee(struct hc_troubles *troubles); /* forgets none */
void hc_troubles_clear(struct hc_troubles *troubles);
