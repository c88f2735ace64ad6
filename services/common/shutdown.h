/* SPDX-License-Identifier: Apache-2.0 */
/* shutdown.h - notifies every event loop of SIGTERM and SIGINT. */
#ifndef SERVICES_SHUTDOWN_H
#define SERVICES_SHUTDOWN_H

#include "h2o_compat.h"

/**
 * Installs the signal handlers, before other threads are started; SIGPIPE is ignored from here on.
 * The first signal triggers the watches; the second ends the process at once, with 128 + its
 * number.
 * @return 0 or -Exxx
 */
int shutdown_init(void);

/** Has the effect of the first signal. Threads: any. */
void shutdown_request(void);

/* Embedded in an object that handles shutdown; its thread's loop calls on_shutdown once. */
struct shutdown_watch {
	h2o_socket_t *sock; /* NULL: not watching */
	void (*on_shutdown)(struct shutdown_watch *watch);
};

/** @return 0 or -Exxx */
int shutdown_watch_start(struct shutdown_watch *watch, h2o_loop_t *loop,
	void (*on_shutdown)(struct shutdown_watch *watch));
void shutdown_watch_stop(struct shutdown_watch *watch);

#endif
