/* SPDX-License-Identifier: Apache-2.0 */
/* baggage.h - names and values that travel with a trace, for all that is called below.
 *
 * A baggage never changes: setting a value makes a new one.  It is counted, and NULL is the empty
 * one.  What is current goes out with every lt_inject(), and what a span was started under comes
 * back when that span is made current: see context.h.
 *
 * Everybody who is called can read it: no secrets, no personal data.
 *
 * Threads: any.
 * Source: https://opentelemetry.io/docs/specs/otel/baggage/api/, https://www.w3.org/TR/baggage/
 */
#ifndef LIBTRACE_BAGGAGE_H
#define LIBTRACE_BAGGAGE_H

#include <libtrace/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lt_baggage;

/* Of a baggage and of its header, what must be carried at least.  Whole members are left out over
 * them.  Source: https://www.w3.org/TR/baggage/#limits */
#define LT_BAGGAGE_MEMBERS_MAX 64
#define LT_BAGGAGE_MAX_BYTES 8192

struct lt_baggage_member { /* borrowed from its baggage */
	struct lt_slice key;
	struct lt_slice value;	  /* UTF-8, decoded */
	struct lt_slice metadata; /* properties as they came: "a=1;b"; mostly empty */
};

/**
 * The same baggage with another value of a key, new or in place of the one it has.
 *
 * @param baggage   borrowed; NULL: an empty one
 * @param key       copied; one that is no token of HTTP is kept, but not sent
 * @param value     copied; UTF-8
 * @param metadata  copied; properties of the W3C's format; NULL: none
 * @param ret_baggage  new
 * @return 0, -EINVAL for an empty key, text that is not UTF-8 or metadata that cannot be sent,
 *   -E2BIG over the limits, or -ENOMEM
 */
LT_API LT_CHECKED int lt_baggage_set(const struct lt_baggage *baggage, const char *key,
	const char *value, const char *metadata, struct lt_baggage **ret_baggage);

/** The same baggage without a key.  @param ret_baggage  new  @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_baggage_remove(
	const struct lt_baggage *baggage, const char *key, struct lt_baggage **ret_baggage);

/** The value of a key, borrowed from the baggage; ptr NULL: there is none. */
LT_API struct lt_slice lt_baggage_get(const struct lt_baggage *baggage, const char *key);

/** How many members it has. */
LT_API size_t lt_baggage_count(const struct lt_baggage *baggage);

/** The index-th member; NULL past the last. */
LT_API const struct lt_baggage_member *lt_baggage_member(
	const struct lt_baggage *baggage, size_t index);

/** Counts one more owner; returns the baggage. */
LT_API struct lt_baggage *lt_baggage_hold(const struct lt_baggage *baggage);
LT_API void lt_baggage_release(struct lt_baggage *baggage);

/** This thread's current baggage; borrowed until its scope is left; NULL: it is empty. */
LT_API const struct lt_baggage *lt_baggage_current(void);

/** Makes a baggage (borrowed; NULL: none at all) current beside the span that is; as
 * lt_scope_enter(). */
LT_API void lt_scope_enter_baggage(struct lt_scope *scope, const struct lt_baggage *baggage);

/** The baggage that a span was started under; borrowed from the span while it lives; NULL: none. */
LT_API const struct lt_baggage *lt_span_baggage(const struct lt_span *span);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
