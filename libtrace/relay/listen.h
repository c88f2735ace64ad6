/* SPDX-License-Identifier: Apache-2.0 */
/* listen.h - a socket at a path, for programs in other containers, and the token that lets them in.
 *
 * Whoever may enter the folder may connect.  The token is OTEL_C_RELAY_TOKEN, or random and in the file
 * PATH.token, which the relay's user and group may read.
 */
#ifndef LT_RELAY_LISTEN_H
#define LT_RELAY_LISTEN_H

#include "trace/span_slab.h"

/**
 * Makes socket and token.  What a relay that was killed has left there is taken over, its token too:
 * programs that have read it may come back.
 * @param path  borrowed until listen_end
 * @return the listening descriptor; -1 when that cannot be done, which has been printed
 */
int listen_begin(const char *path, char ret_token[LT_SLAB_TOKEN_BYTES]);

/**
 * Waits until a relay listens at a path, for 5 s at most.
 * @return 0, also when none does by then, which is printed: whatever waits is to start nonetheless; -1: no path
 */
int listen_wait(const char *path);

/** Removes socket and token file. */
void listen_end(void);

#endif
