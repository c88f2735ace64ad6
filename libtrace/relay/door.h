/* SPDX-License-Identifier: Apache-2.0 */
/* door.h - where programs bring their slabs to. */
#ifndef LT_RELAY_DOOR_H
#define LT_RELAY_DOOR_H

#include "client.h"

#include <poll.h>

#define SILENT_MAX 64 /* connections that have not brought anything yet */

struct door {
	int fd; /* listens */
	char token[LT_SLAB_TOKEN_BYTES];
	size_t silent_max; /* SILENT_MAX at most: as many as there are descriptors for */
	int silent[SILENT_MAX];
	uint64_t since_ns[SILENT_MAX];
	size_t n_silent;
};

/** Adds what is to be polled; fds has room for SILENT_MAX + 1.  Returns how many. */
size_t door_poll(const struct door *door, struct pollfd *fds);

/**
 * Accepts connections and reads one hello; never waits.
 * @return a client, or NULL when nobody is there with one
 */
struct client *door_take(struct door *door);

#endif
