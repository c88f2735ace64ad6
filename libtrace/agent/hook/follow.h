/* SPDX-License-Identifier: Apache-2.0 */
/* follow.h - what is current where work is given away (a thread's start, a timer), to be current
 * again where it is done.
 *
 * It may be kept for any time: the request's own span is exported at its end nevertheless. */
#ifndef LT_AGENT_FOLLOW_H
#define LT_AGENT_FOLLOW_H

#include <libtrace/trace.h>

/* A span's context, and a baggage. */
struct followed {
	struct lt_span *span; /* stands for it; NULL: the ids are all */
	uint8_t trace_id[16];
	uint8_t span_id[8];
	uint8_t flags;
	bool remote;
};

/** Copies what is current on this thread; false: nothing is, or it is libcurl's (follow_pause()), or
 * there is no memory.  To be entered or dropped, once. */
bool follow_current(struct followed *ret_followed);

/** A span that stands for it (takes); new, for lt_span_end(); NULL without memory. */
struct lt_span *follow_span(struct followed *followed);

/** Makes it (takes) current. */
void follow_enter(struct lt_scope *scope, struct followed *followed);

void follow_drop(struct followed *followed);

/** Nothing of what is given away meanwhile is the current request's, until follow_go_on(). */
void follow_pause(void);
void follow_go_on(void);

/** follow_enter() on a thread that begins, with a scope in its first frame. */
void follow_enter_thread(struct lt_scope *scope, struct followed *followed);

/** The thread's function has returned, or the thread serves requests itself: what it was started for is
 * no longer current on it.  Does nothing where nothing was. */
void follow_leave_thread(void);

#endif
