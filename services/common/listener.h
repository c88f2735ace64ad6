/* SPDX-License-Identifier: Apache-2.0 */
/* listener.h - listening sockets, one for each event loop. */
#ifndef SERVICES_LISTENER_H
#define SERVICES_LISTENER_H

#include "h2o_compat.h"

/* Connections that the kernel keeps until they are accepted, at most; net.core.somaxconn may say
 * fewer. */
#define LISTEN_BACKLOG 4096

/**
 * Opens n sockets that listen on the same address and port; the kernel spreads connections over
 * them.  What is wrong is said on the log, with the setting to change.
 *
 * @param host  an address or a name, of which the first address is taken
 * @param setting  the setting that has the port, for the message
 * @param fds   filled with n descriptors, to be closed by the caller
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
	/* Out of descriptors or memory: it waits a little instead of spinning. */
	struct delay retry_delay;
	struct timer retry;
	uint64_t warned_at_ms; /* the loop's time; 0: never */
	struct delay last_call_delay;
	struct timer last_call;
};

/** @param fd  taken */
void listener_start(struct listener *listener, h2o_loop_t *loop, int fd,
	void (*on_accept)(struct listener *listener, h2o_socket_t *sock));

/** Lets no connection begin any more, accepts those that have begun, then closes: sock is NULL a
 * moment later. */
void listener_stop(struct listener *listener);

/** Closes at once, if that has not been done, and ends the listener.  Not from a timer's callback.
 */
void listener_done(struct listener *listener);

#endif
