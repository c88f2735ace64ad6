/* SPDX-License-Identifier: Apache-2.0 */
/* context.h - a span, a baggage and values by key, in one: to be handed to another thread, into a
 * callback, or across an event loop.
 *
 *	job->context = lt_context_current();                    where the work is given away
 *	lt_context_run(job->context, do_the_work, job);         where it is done
 *
 *	lt_context_pthread_create(&thread, NULL, work, job);    or both in one
 *
 *	LT_SCOPE_CONTEXT(request->context);                     in a callback, one of several
 *
 * A context never changes: setting a value makes a new one.  It is counted.  NULL is the empty one,
 * and also what is made when there is no memory.  A span in it is held: see lt_span_hold().
 *
 * Threads: any.
 * Source: https://opentelemetry.io/docs/specs/otel/context/
 */
#ifndef LIBTRACE_CONTEXT_H
#define LIBTRACE_CONTEXT_H

#include <libtrace/baggage.h>
#include <libtrace/propagation.h>
#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lt_context;

/* Its address is the key, so that no two parts of a program mean the same one by accident:
 *
 *	static const struct lt_context_key tenant = {"tenant"}; */
struct lt_context_key {
	const char *name; /* for a reader */
};

/** What is current on this thread; new. */
LT_API struct lt_context *lt_context_current(void);

/** Makes a context (borrowed) current, and nothing of what was; as lt_scope_enter(). */
LT_API void lt_scope_enter_context(struct lt_scope *scope, const struct lt_context *context);

/* With gcc and clang: makes a context current until the end of the block, as LT_SCOPE(). */
#if defined(__GNUC__)
#define LT_SCOPE_CONTEXT(context)                                                                  \
	LT_SCOPE_CONTEXT_NAMED(LT_SCOPE_NAME(lt_scope_, __LINE__), context)
#define LT_SCOPE_CONTEXT_NAMED(name, context)                                                      \
	struct lt_scope name __attribute__((cleanup(lt_scope_leave)));                             \
	lt_scope_enter_context(&name, context)
#endif

/** Calls function(argument) with a context (takes) current, and returns what it returns. */
LT_API void *lt_context_run(
	struct lt_context *context, void *(*function)(void *argument), void *argument);

/** pthread_create() of a thread that begins with what is current here.
 * @return 0 or ENOMEM, EAGAIN and the like, as pthread_create() */
LT_API int lt_context_pthread_create(pthread_t *ret_thread, const pthread_attr_t *attr,
	void *(*function)(void *argument), void *argument);

/** Counts one more owner; returns the context. */
LT_API struct lt_context *lt_context_hold(const struct lt_context *context);
LT_API void lt_context_release(struct lt_context *context);

/** The same context with another span (borrowed; NULL: none); new. */
LT_API struct lt_context *lt_context_with_span(
	const struct lt_context *context, struct lt_span *span);
/** Its span; borrowed; NULL: none. */
LT_API struct lt_span *lt_context_span(const struct lt_context *context);

/** The same context with another baggage (borrowed; NULL: none); new. */
LT_API struct lt_context *lt_context_with_baggage(
	const struct lt_context *context, const struct lt_baggage *baggage);
/** Its baggage; borrowed; NULL: none. */
LT_API const struct lt_baggage *lt_context_baggage(const struct lt_context *context);

/**
 * The same context with another value of a key; new.
 * @param key   borrowed for good: a static object
 * @param value, free_value  takes: free_value(value), unless NULL, when nobody has it any more, by
 *   whichever thread that is
 */
LT_API struct lt_context *lt_context_with_value(const struct lt_context *context,
	const struct lt_context_key *key, void *value, void (*free_value)(void *value));
/** The value of a key; borrowed; NULL: none. */
LT_API void *lt_context_value(const struct lt_context *context, const struct lt_context_key *key);
/** The same of what is current; borrowed until its scope is left. */
LT_API void *lt_context_current_value(const struct lt_context_key *key);

/**
 * A span that only stands for a span context, mostly a remote one, so that it can be made current:
 * what starts below it are its children.  It records nothing.
 * @return new, for lt_span_end; NULL for an invalid context, or without memory
 */
LT_API LT_CHECKED struct lt_span *lt_span_wrap(const struct lt_span_context *context);

/** A context with what a carrier has in it, a remote span context as a span; new. */
LT_API struct lt_context *lt_context_extract(
	const struct lt_context *context, const struct lt_carrier_impl *impl, void *carrier);

/** Writes a context's span context and baggage into a carrier; as lt_inject(). */
LT_API int lt_context_inject(
	const struct lt_context *context, const struct lt_carrier_impl *impl, void *carrier);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
