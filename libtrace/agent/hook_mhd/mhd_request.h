/* SPDX-License-Identifier: Apache-2.0 */
/* mhd_request.h - the request that a connection has, from its first line to its completion, and its
 * span, from the first call of the program's handler on.
 *
 * Threads: the connection's, or while it is suspended the one that answers it. */
#ifndef LT_AGENT_MHD_REQUEST_H
#define LT_AGENT_MHD_REQUEST_H

#include "hook/hook_map.h"
#include "hook_mhd/mhd_library.h"

struct mhd_request {
	struct hook_entry entry;
	struct MHD_Connection *connection;
	char *target;	      /* as in its first line; NULL: not known, or no memory */
	bool is_handled;      /* the program's handler has been called */
	bool is_given_up;     /* and wants the connection closed */
	bool has_caller;      /* its headers carry a context */
	struct lt_span *span; /* NULL: none, or not started yet */
	int status;	      /* of the queued answer; 0: none */
};

/** NULL: there is none. */
struct mhd_request *mhd_request_find(struct MHD_Connection *connection);

/** Makes it if there is none; NULL when out of memory. */
struct mhd_request *mhd_request_get(struct MHD_Connection *connection);

/** A first line has been read: what was known of the connection's last request goes. */
void mhd_request_begin(struct MHD_Connection *connection, const char *target);

/** The handler is about to be called: starts the span, the first time.
 * @param scheme  of the daemon's connections */
void mhd_request_handle(struct hook_library *library, struct mhd_request *request,
	const char *scheme, const char *method, const char *version);

/** Takes the request out; new. */
struct mhd_request *mhd_request_remove(struct MHD_Connection *connection);

/** Ends the span, for a reason of enum mhd_end; takes the request; NULL is fine. */
void mhd_request_end(struct hook_library *library, struct mhd_request *request, int end);

#endif
