/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_h2o/h2o_timers.h"
#include "hook/address_table.h"
#include "hook/completion.h"
#include "hook/follow.h"

struct timer {
	const struct st_h2o_timeout_entry_t *timer; /* NULL: a free place */
	h2o_timer_callback *place;		    /* in the program's timer */
	h2o_timer_callback callback;		    /* the program's */
	struct followed followed;		    /* to be current in it */
};

#define ENTRY_BYTES sizeof(struct timer)

static void drop(void *timer)
{
	follow_drop(&((struct timer *)timer)->followed);
}

static __thread struct address_table table; /* of struct timer */

/* Set again by its own callback a timer may be everybody's, as one that polls is. */
static __thread const struct st_h2o_timeout_entry_t *firing;

static void fire(struct st_h2o_timeout_entry_t *timer);

/* Removes a timer's entry and restores its callback; false: there is none. */
static bool take(const struct st_h2o_timeout_entry_t *timer, struct timer *ret_timer)
{
	struct timer *known = address_table_find(&table, ENTRY_BYTES, timer);

	if (!known)
		return false;
	*ret_timer = *known;
	address_table_remove(&table, ENTRY_BYTES, known);
	if (*ret_timer->place == fire)
		*ret_timer->place = ret_timer->callback;
	return true;
}

static void fire(struct st_h2o_timeout_entry_t *timer)
{
	const struct st_h2o_timeout_entry_t *outer = firing;
	struct lt_scope scope;
	struct timer known;

	if (!take(timer, &known))
		return;
	completion_leave();
	follow_enter(&scope, &known.followed);
	firing = timer;
	known.callback(timer); /* which may free it, or set it again */
	firing = outer;
	lt_scope_leave(&scope);
}

void h2o_timer_set(struct st_h2o_timeout_entry_t *timer, h2o_timer_callback *place)
{
	struct timer known = {.timer = timer, .place = place};

	h2o_timer_stop(timer); /* one whose memory was used for another before */
	if (timer == firing || !follow_current(&known.followed))
		return;
	if (!address_table_make_room(&table, ENTRY_BYTES, drop)) {
		follow_drop(&known.followed);
		return;
	}
	known.callback = *place;
	*place = fire;
	address_table_add(&table, ENTRY_BYTES, &known);
}

void h2o_timer_stop(struct st_h2o_timeout_entry_t *timer)
{
	struct timer known;

	if (table.n_used && take(timer, &known))
		follow_drop(&known.followed);
}
