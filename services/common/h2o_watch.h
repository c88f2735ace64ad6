/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_watch.h - watches the client of a pending request.
 *
 * While a request is pending h2o does not read its connection. A watch does, so that work for a
 * disconnected client can be cancelled. The socket's data pointer belongs to h2o and is restored.
 */
#ifndef SERVICES_H2O_WATCH_H
#define SERVICES_H2O_WATCH_H

#include <h2o.h>
#include <stdbool.h>

struct watch {
	h2o_socket_t *sock; /* NULL: not watching */
	void *h2o_data;
	void (*on_closed)(struct watch *watch, bool is_reset);
};

/** Calls on_closed once when the client closes its side, or resets the connection; never when the
 * socket is unknown. The watch has ended then. */
void watch_start(
	struct watch *watch, h2o_req_t *req, void (*on_closed)(struct watch *watch, bool is_reset));

/** Stops a watch; one that does not watch is fine. */
void watch_stop(struct watch *watch);

#endif
