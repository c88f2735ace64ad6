/* SPDX-License-Identifier: Apache-2.0 */
/* pq_call.h - what every wrapper of a libpq function begins with: who calls it, and whether that is seen. */
#ifndef LT_AGENT_PQ_CALL_H
#define LT_AGENT_PQ_CALL_H

#include "hook_libpq/pq_connection.h"

/* The call at hand; a macro, since the return address is the wrapper's. */
#define THIS_CALL() hook_call(&libpq_family, __builtin_return_address(0))

static inline bool is_seen(const struct hook_call *call)
{
	return libpq_family.tracer && !call->internal;
}

/* The connection of a command that is to be seen; NULL: none. */
static inline struct pq_connection *connection_of(
	const struct hook_call *call, struct pg_conn *conn)
{
	return is_seen(call) && conn ? pq_connection_get(conn) : NULL;
}

#endif
