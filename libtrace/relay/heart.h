/* SPDX-License-Identifier: Apache-2.0 */
/* heart.h - by which programs see that the relay lives: a beat, and a robust futex each.  Its thread
 * does also what cannot wait for the other one, which may be in an export: it takes the signals, and
 * looks at a program's oom.h when that has ended, since its cgroup is removed soon. */
#ifndef LT_RELAY_HEART_H
#define LT_RELAY_HEART_H

#include "oom.h"
#include "trace/span_slab.h"

/** Starts the thread.
 * @param on_stop  called by it when SIGTERM or SIGINT comes, which are blocked in the caller too and
 *   so in all threads to come
 * @return 0 or -Exxx */
int heart_start(void (*on_stop)(void));

/** From now on a program sees it.
 * @param control  with a page of the relay's own behind it
 * @param pidfd    borrowed until heart_remove, as is oom; -1: none */
void heart_add(struct lt_slab_control *control, int pidfd, struct oom *oom);

/** To be called before the memory is unmapped and the descriptor closed. */
void heart_remove(struct lt_slab_control *control);

#endif
