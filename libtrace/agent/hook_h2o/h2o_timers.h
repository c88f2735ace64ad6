/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_timers.h - what was current where a program set a timer of libh2o's, current in its callback.
 *
 * A timer's callback is a member of it, so that is replaced while the timer runs, and restored before
 * it is called, or when the timer is stopped.
 *
 * Threads: the loop's. */
#ifndef LT_AGENT_H2O_TIMERS_H
#define LT_AGENT_H2O_TIMERS_H

struct st_h2o_timeout_entry_t;

typedef void (*h2o_timer_callback)(struct st_h2o_timeout_entry_t *timer);

/**
 * A timer is about to be set.
 * @param place  of the callback in it
 */
void h2o_timer_set(struct st_h2o_timeout_entry_t *timer, h2o_timer_callback *place);

/** A timer has been stopped, or did not run. */
void h2o_timer_stop(struct st_h2o_timeout_entry_t *timer);

#endif
