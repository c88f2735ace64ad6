/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_watch.h - watches the client of a pending request.
 *
 * While a request is pending h2o does not read its connection. A watch does, so that work for a
 * disconnected client can be cancelled. The socket's data pointer belongs to h2o and is restored.
 */
#ifndef SERVICES_H2O_WATCH_H
#define SERVICES_H2O_WATCH_H

#include <h2o.h>

struct watch {
	h2o_socket_t *sock; /* NULL: not watching */
	void *h2o_data;
	void (*on_gone)(struct watch *watch);
};

/** Calls on_gone once when the client closes its side; never when the socket is unknown. */
void watch_start(struct watch *watch, h2o_req_t *req, void (*on_gone)(struct watch *watch));

/** Stops a watch; one that does not watch is fine. */
void watch_stop(struct watch *watch);

#endif
