/* SPDX-License-Identifier: Apache-2.0 */
/* sampler.h - for owners of a sampler. */
#ifndef LT_SAMPLER_H
#define LT_SAMPLER_H

#include <libtrace/sdk.h>

/* The sampled state of a span's parent. */
enum lt_parent {
	LT_PARENT_NONE,
	LT_PARENT_LOCAL_DROPPED,
	LT_PARENT_LOCAL_SAMPLED,
	LT_PARENT_REMOTE_DROPPED,
	LT_PARENT_REMOTE_SAMPLED,
	LT_N_PARENTS
};

static inline enum lt_parent lt_parent_of(const struct lt_span_context_view *parent)
{
	if (!parent)
		return LT_PARENT_NONE;
	return (enum lt_parent)(LT_PARENT_LOCAL_DROPPED + (parent->remote ? 2 : 0) +
				(parent->flags & LT_FLAG_SAMPLED ? 1 : 0));
}

/**
 * A sampler's constant decision for such a parent; LT_ASK when it depends on more.  The sampler is
 * always called for a remote parent with a tracestate, which may contain a threshold.
 */
#define LT_ASK (-1)
int lt_sampler_answer(const struct lt_sampler *sampler, enum lt_parent parent);

/** Frees a sampler of any kind; NULL is fine. */
void lt_sampler_free(struct lt_sampler *sampler);

#endif
