/* SPDX-License-Identifier: Apache-2.0 */
/* context.c - what is current on this thread.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/context/
 */
#include "thread.h"

#include <libtrace/instrumentation.h>

__thread struct lt_thread lt_thread __attribute__((tls_model("initial-exec")));

void lt_scope_enter(struct lt_scope *scope, struct lt_span *span)
{
	scope->span = lt_span_hold(span);
	scope->outer = lt_thread.scope;
	lt_thread.scope = scope;
}

static bool is_entered(const struct lt_scope *scope)
{
	for (const struct lt_scope *s = lt_thread.scope; s; s = s->outer)
		if (s == scope)
			return true;
	return false;
}

void lt_scope_leave(struct lt_scope *scope)
{
	if (!is_entered(scope)) /* left already, together with one outside it */
		return;
	struct lt_scope *left;
	do {
		left = lt_thread.scope;
		lt_thread.scope = left->outer;
		lt_span_release(left->span);
	} while (left != scope);
}

struct lt_span *lt_span_current(void)
{
	return lt_thread.scope ? lt_thread.scope->span : NULL;
}

void lt_suppress_enter(void)
{
	lt_thread.suppressed++;
}

void lt_suppress_leave(void)
{
	lt_thread.suppressed--;
}

bool lt_suppressed(void)
{
	return lt_thread.suppressed > 0;
}
