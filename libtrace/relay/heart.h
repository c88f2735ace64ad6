/* SPDX-License-Identifier: Apache-2.0 */
/* heart.h - by which programs see that the relay lives: a beat, and a robust futex each.  Its thread
 * takes the signals as well, since the other one may be in an export. */
#ifndef LT_RELAY_HEART_H
#define LT_RELAY_HEART_H

#include "trace/span_slab.h"

/** Starts the thread.
 * @param on_stop  called by it when SIGTERM or SIGINT comes, which are blocked in the caller too and
 *   so in all threads to come
 * @return 0 or -Exxx */
int heart_start(void (*on_stop)(void));

/** From now on a program sees it.
 * @param control  with a page of the relay's own behind it */
void heart_add(struct lt_slab_control *control);

/** To be called before the memory is unmapped. */
void heart_remove(struct lt_slab_control *control);

#endif
