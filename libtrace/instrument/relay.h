/* SPDX-License-Identifier: Apache-2.0 */
/* relay.h - starts libtrace-relay, where the settings want one. */
#ifndef LT_INSTRUMENT_RELAY_H
#define LT_INSTRUMENT_RELAY_H

#include <stdbool.h>

/** Why none is to be started, or cannot be; NULL: one is. */
const char *relay_obstacle(void);

/** Whether relay_start would start one: there is no obstacle, and none that has been inherited. */
bool relay_is_needed(void);

/** Starts one, and names it in the environment, unless there is an obstacle or one that has been
 * inherited will do.  It is no child of this process, and has none of its descriptors; where it cannot
 * be started, threads export the spans.
 * @param has_init  init_stay() gives it the time that it needs after the program's end */
void relay_start(bool has_init);

#endif
