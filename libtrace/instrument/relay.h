/* SPDX-License-Identifier: Apache-2.0 */
/* relay.h - starts libtrace-relay, where the settings want one. */
#ifndef LT_INSTRUMENT_RELAY_H
#define LT_INSTRUMENT_RELAY_H

/** Why none is to be started, or cannot be; NULL: one is. */
const char *relay_obstacle(void);

/** Starts one, and names it in the environment, unless there is an obstacle or one that has been
 * inherited will do.  It is no child of this process, and has none of its descriptors; where it cannot
 * be started, threads export the spans. */
void relay_start(void);

#endif
