/* SPDX-License-Identifier: Apache-2.0 */
/* values.h - the values of a context by key, among them the baggage: a list that grows at its head,
 * shared by all contexts, scopes and spans that have it.  NULL: none.
 */
#ifndef LT_VALUES_H
#define LT_VALUES_H

#include <libtrace/context.h>
#include <stdatomic.h>

struct lt_values {
	atomic_uint n_holders;
	struct lt_values *older; /* held */
	const struct lt_context_key *key;
	void *value;
	void (*free_value)(void *value); /* NULL: nothing to free */
};

static inline struct lt_values *lt_values_hold(struct lt_values *values)
{
	if (values)
		atomic_fetch_add_explicit(&values->n_holders, 1, memory_order_relaxed);
	return values;
}

void lt_values_drop(struct lt_values *values);

static inline void lt_values_release(struct lt_values *values)
{
	if (values)
		lt_values_drop(values);
}

/** The values (borrowed) with another one (taken, also on failure); NULL without memory. */
struct lt_values *lt_values_with(struct lt_values *values, const struct lt_context_key *key,
	void *value, void (*free_value)(void *value));

void *lt_values_get(const struct lt_values *values, const struct lt_context_key *key);

extern const struct lt_context_key lt_baggage_key; /* of a struct lt_baggage, held */

/** Those of this thread's innermost scope; borrowed until it is left. */
struct lt_values *lt_scope_values(void);

/** As lt_scope_enter, with just these values (borrowed). */
void lt_scope_enter_values(struct lt_scope *scope, struct lt_span *span, struct lt_values *values);

#endif
