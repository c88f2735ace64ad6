/* SPDX-License-Identifier: Apache-2.0 */
#include "hook/follow.h"
#include <libtrace/baggage.h>
#include <libtrace/context.h>
#include <string.h>

static __thread struct lt_scope *of_thread; /* of follow_enter_thread(); in its first frame */
static __thread unsigned n_pauses;

bool follow_current(struct followed *ret_followed)
{
	const struct lt_span *current = n_pauses ? NULL : lt_span_current();

	if (!current)
		return false;
	const struct lt_span_context context = lt_span_get_context(current);
	*ret_followed = (struct followed){.flags = context.flags, .remote = context.remote};
	memcpy(ret_followed->trace_id, context.trace_id, sizeof(context.trace_id));
	memcpy(ret_followed->span_id, context.span_id, sizeof(context.span_id));
	/* Most have neither, and many a timer is stopped before it fires: a span would be made in vain. */
	if (!context.tracestate[0] && !lt_baggage_current())
		return true;
	ret_followed->span = lt_span_wrap(&context);
	return ret_followed->span != NULL;
}

struct lt_span *follow_span(struct followed *followed)
{
	struct lt_span_context context;

	if (followed->span)
		return followed->span;
	memcpy(context.trace_id, followed->trace_id, sizeof(context.trace_id));
	memcpy(context.span_id, followed->span_id, sizeof(context.span_id));
	context.flags = followed->flags;
	context.remote = followed->remote;
	context.tracestate[0] = '\0';
	return lt_span_wrap(&context);
}

void follow_enter(struct lt_scope *scope, struct followed *followed)
{
	struct lt_span *span = follow_span(followed);

	lt_scope_enter(scope, span);
	lt_span_end(span); /* the scope holds it */
}

void follow_drop(struct followed *followed)
{
	lt_span_end(followed->span);
}

void follow_pause(void)
{
	n_pauses++;
}

void follow_go_on(void)
{
	n_pauses--;
}

void follow_enter_thread(struct lt_scope *scope, struct followed *followed)
{
	follow_enter(scope, followed);
	of_thread = scope;
}

void follow_leave_thread(void)
{
	if (!of_thread)
		return;
	lt_scope_leave(of_thread);
	of_thread = NULL;
}
