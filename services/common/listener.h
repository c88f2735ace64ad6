/* SPDX-License-Identifier: Apache-2.0 */
/* listener.h - listening sockets, one for each event loop. */
#ifndef SERVICES_LISTENER_H
#define SERVICES_LISTENER_H

#include "h2o_compat.h"

/* Limit of connections that the kernel queues until they are accepted; net.core.somaxconn may lower
 * it. */
#define LISTEN_BACKLOG 4096

/**
 * Opens n sockets that listen on the same address and port; the kernel distributes connections over
 * them. Errors are logged with the setting to change.
 *
 * @param host      an address or a name, whose first address is used
 * @param setting   name of the port's setting, for messages
 * @param fds       filled with n descriptors, to be closed by the caller
 * @param ret_port  the port, also when port was 0
 * @return 0 or -Exxx
 */
int listen_on(const char *host, const char *setting, unsigned port, size_t n, int *fds,
	unsigned *ret_port);

/* Accepts connections for one event loop. */
struct listener {
	h2o_socket_t *sock; /* NULL: closed */
	h2o_loop_t *loop;
	void (*on_accept)(struct listener *listener, h2o_socket_t *sock); /* takes sock */
	bool (*has_room)(struct listener *listener); /* for another connection; NULL: always */
	/* Pauses when out of descriptors, memory or room, instead of spinning. */
	struct delay retry_delay;
	struct timer retry;
	bool is_paused;
	uint64_t warned_at_ms; /* the loop's time; 0: never */
	struct delay last_call_delay;
	struct timer last_call;
};

/** @param fd  taken */
void listener_start(struct listener *listener, h2o_loop_t *loop, int fd,
	void (*on_accept)(struct listener *listener, h2o_socket_t *sock));

/** Ends a pause, as there is room again. Threads: the loop's. */
void listener_resume(struct listener *listener);

/** Admits no new connections, accepts those already begun, then closes: sock becomes NULL a moment
 * later. */
void listener_stop(struct listener *listener);

/** Closes at once if still open, and frees the listener. Not to be called from a timer's callback.
 */
void listener_done(struct listener *listener);

#endif
