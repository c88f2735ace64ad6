/* SPDX-License-Identifier: Apache-2.0 */
/* shutdown.h - SIGTERM and SIGINT, told to every event loop. */
#ifndef SERVICES_SHUTDOWN_H
#define SERVICES_SHUTDOWN_H

#include "h2o_compat.h"

/**
 * Installs the signal handlers, before there are other threads; SIGPIPE is ignored from here on.
 * The first signal is told to the watches; the second ends the process at once, with 128 + its
 * number.
 * @return 0 or -Exxx
 */
int shutdown_init(void);

/** The same as the first signal. Threads: any. */
void shutdown_request(void);

/* Part of an object that wants to know; its thread's loop calls on_shutdown once. */
struct shutdown_watch {
	h2o_socket_t *sock; /* NULL: not watching */
	void (*on_shutdown)(struct shutdown_watch *watch);
};

/** @return 0 or -Exxx */
int shutdown_watch_start(struct shutdown_watch *watch, h2o_loop_t *loop,
	void (*on_shutdown)(struct shutdown_watch *watch));
void shutdown_watch_stop(struct shutdown_watch *watch);

#endif
