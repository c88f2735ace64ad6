/* SPDX-License-Identifier: Apache-2.0 */
/* heart.h - by which programs see that the relay lives: a beat, and a robust futex each. */
#ifndef LT_RELAY_HEART_H
#define LT_RELAY_HEART_H

#include "trace/span_slab.h"

/** Starts the thread.  @return 0 or -Exxx */
int heart_start(void);

/** From now on a program sees it.
 * @param control  with a page of the relay's own behind it */
void heart_add(struct lt_slab_control *control);

/** To be called before the memory is unmapped. */
void heart_remove(struct lt_slab_control *control);

#endif
