/* SPDX-License-Identifier: Apache-2.0 */
/* trace.h - what an instrumented program calls.
 *
 * Words used below: "new" is yours to release; "borrowed" stays its owner's; "takes" means the
 * callee releases it, also on failure; "copied" means your copy may change as soon as the call
 * returns.  Strings are UTF-8; their lengths are bytes.
 *
 * Recording never fails in the caller's face. A NULL tracer starts NULL spans, and a NULL span does
 * nothing, so no call here needs a check: without a provider (no SDK set up, no
 * libtrace-instrument) everything below costs next to nothing and records nothing.
 *
 * Threads: everything here may be called from any thread, on one span from several at once, as
 * long as lt_span_end comes last: it takes the span, like free().  What is "current" is per thread.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/api/
 */
#ifndef LIBTRACE_TRACE_H
#define LIBTRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
#include <initializer_list>
#include <type_traits>
extern "C" {
#endif

#define LT_API __attribute__((visibility("default")))
#define LT_CHECKED __attribute__((warn_unused_result))

#define LT_VERSION "0.1.0"	/* of these headers */
#define LT_VERSION_NUM 0x000100 /* the same, a byte for each number: for #if */

/** The version of the library that runs, which may be a newer one than LT_VERSION; static. */
LT_API const char *lt_version(void);

struct lt_provider; /* opaque; shared by all threads */
struct lt_tracer;   /* opaque; lives as long as the process */
struct lt_span;	    /* opaque; new from lt_span_start, taken by lt_span_end */

/* --- values ------------------------------------------------------------------------------- */

struct lt_slice { /* borrowed bytes, no NUL needed */
	const char *ptr;
	size_t len; /* bytes */
};

static inline struct lt_slice lt_slice(const char *s)
{
	struct lt_slice slice;
	slice.ptr = s;
	slice.len = s ? strlen(s) : 0;
	return slice;
}

enum lt_type {
	LT_TYPE_NONE = 0, /* an attribute without a value: not recorded */
	LT_TYPE_STRING,
	LT_TYPE_BOOL,
	LT_TYPE_INT,
	LT_TYPE_DOUBLE,
	LT_TYPE_STRING_ARRAY,
	LT_TYPE_BOOL_ARRAY,
	LT_TYPE_INT_ARRAY,
	LT_TYPE_DOUBLE_ARRAY,
	LT_TYPE_BYTES,
	LT_TYPE_ARRAY, /* of values of any types */
	LT_TYPE_MAP,
};

/* An attribute, made by lt_str() and its siblings. What it points to is borrowed until the call it
 * is passed to returns; that call copies it. A key set twice keeps the later value. */
struct lt_attr {
	struct lt_slice key;
	enum lt_type type;
	uint32_t n_items : 31; /* of an array */
	uint32_t
		fixed_key : 1; /* the key outlives the span and is not copied: a literal of code that
				   is never unloaded */
	union {
		struct lt_slice string;
		struct lt_slice bytes;
		bool boolean;
		int64_t integer;
		double number;
		const struct lt_attr *attrs; /* n_items of them, likewise below; of an array:
						   without keys, and LT_TYPE_NONE is null */
		const struct lt_slice *strings;
		const bool *booleans;
		const int64_t *integers;
		const double *numbers;
		const void *items;
	} value;
};

/* An attribute whose value is still to be set; n counts the items of an array. */
static inline struct lt_attr lt_attr_of(const char *key, enum lt_type type, size_t n)
{
	struct lt_attr attr;
	attr.key = lt_slice(key);
	attr.type = type;
	attr.n_items = (uint32_t)n & 0x7fffffffu;
	attr.fixed_key = 0;
	return attr;
}

static inline struct lt_attr lt_strn(const char *key, struct lt_slice value)
{
	struct lt_attr attr = lt_attr_of(key, value.ptr ? LT_TYPE_STRING : LT_TYPE_NONE, 0);
	attr.value.string = value;
	return attr;
}

/* A NULL value makes an attribute that is not recorded. */
static inline struct lt_attr lt_str(const char *key, const char *value)
{
	return lt_strn(key, lt_slice(value));
}

static inline struct lt_attr lt_bool(const char *key, bool value)
{
	struct lt_attr attr = lt_attr_of(key, LT_TYPE_BOOL, 0);
	attr.value.boolean = value;
	return attr;
}

static inline struct lt_attr lt_int(const char *key, int64_t value)
{
	struct lt_attr attr = lt_attr_of(key, LT_TYPE_INT, 0);
	attr.value.integer = value;
	return attr;
}

static inline struct lt_attr lt_double(const char *key, double value)
{
	struct lt_attr attr = lt_attr_of(key, LT_TYPE_DOUBLE, 0);
	attr.value.number = value;
	return attr;
}

static inline struct lt_attr lt_strs(const char *key, const struct lt_slice *items, size_t n)
{
	struct lt_attr attr = lt_attr_of(key, LT_TYPE_STRING_ARRAY, n);
	attr.value.strings = items;
	return attr;
}

static inline struct lt_attr lt_bools(const char *key, const bool *items, size_t n)
{
	struct lt_attr attr = lt_attr_of(key, LT_TYPE_BOOL_ARRAY, n);
	attr.value.booleans = items;
	return attr;
}

static inline struct lt_attr lt_ints(const char *key, const int64_t *items, size_t n)
{
	struct lt_attr attr = lt_attr_of(key, LT_TYPE_INT_ARRAY, n);
	attr.value.integers = items;
	return attr;
}

static inline struct lt_attr lt_doubles(const char *key, const double *items, size_t n)
{
	struct lt_attr attr = lt_attr_of(key, LT_TYPE_DOUBLE_ARRAY, n);
	attr.value.numbers = items;
	return attr;
}

static inline struct lt_attr lt_bytes(const char *key, const void *bytes, size_t n)
{
	struct lt_attr attr = lt_attr_of(key, bytes || !n ? LT_TYPE_BYTES : LT_TYPE_NONE, 0);
	attr.value.bytes.ptr = (const char *)bytes;
	attr.value.bytes.len = n;
	return attr;
}

/* Values that have values cost more than plain ones: a copy and an allocation for each.
 *
 *	lt_map("order", LT_ATTRS(lt_int("qty", 2), lt_array("tags", LT_ATTRS(lt_str("", "new"),
 *		lt_int("", 7)))))
 *
 * An array's items have no keys (""); a NULL value is a null there.  A map's have unique ones, as
 * attributes do.
 * Source: https://opentelemetry.io/docs/specs/otel/common/#anyvalue */
static inline struct lt_attr lt_array(const char *key, const struct lt_attr *items, size_t n)
{
	struct lt_attr attr = lt_attr_of(key, LT_TYPE_ARRAY, n);
	attr.value.attrs = items;
	return attr;
}

static inline struct lt_attr lt_map(const char *key, const struct lt_attr *attrs, size_t n)
{
	struct lt_attr attr = lt_attr_of(key, LT_TYPE_MAP, n);
	attr.value.attrs = attrs;
	return attr;
}

/* Attributes and their number: lt_span_set(span, LT_ATTRS(lt_str("item", item), lt_int("qty", 2)));
 * They live as long as the block in C, and until the call returns in C++. */
#ifdef __cplusplus
} /* extern "C" */
template <class... Attrs>
std::integral_constant<size_t, sizeof...(Attrs)> lt_attrs_count(const Attrs &...); /* no body */
#define LT_ATTRS(...)                                                                              \
	std::initializer_list<struct lt_attr>{__VA_ARGS__}.begin(),                                \
		decltype(lt_attrs_count(__VA_ARGS__))::value
extern "C" {
#else
#define LT_ATTRS(...)                                                                              \
	(const struct lt_attr[]){__VA_ARGS__},                                                     \
		sizeof((const struct lt_attr[]){__VA_ARGS__}) / sizeof(struct lt_attr)
#endif

/* --- span context ------------------------------------------------------------------------- */

#define LT_FLAG_SAMPLED 0x01u /* https://www.w3.org/TR/trace-context-2/#sampled-flag */
/* Of B3 and Jaeger, handed on to these: not in a traceparent, nor exported. */
#define LT_FLAG_DEBUG 0x80u
#define LT_FLAG_RANDOM 0x02u /* https://www.w3.org/TR/trace-context-2/#random-trace-id-flag */

/* Bytes of tracestate that are carried; whole members are dropped to fit, those over 128 bytes
 * first.  Source: https://www.w3.org/TR/trace-context-2/#tracestate-limits */
#define LT_TRACESTATE_MAX 512

/* What crosses a process boundary. A plain value that may be copied and kept. */
struct lt_span_context {
	uint8_t trace_id[16]; /* all zero: invalid */
	uint8_t span_id[8];   /* all zero: invalid */
	uint8_t flags;	      /* LT_FLAG_SAMPLED | LT_FLAG_RANDOM | LT_FLAG_DEBUG */
	bool remote;	      /* extracted from a carrier */
	/* NUL-terminated, "" when there is none; what follows the NUL is not initialised. One that
	 * the program writes is validated when it is used: a malformed one is treated as absent. */
	char tracestate[LT_TRACESTATE_MAX + 1];
};

/** Whether both ids are valid. */
LT_API bool lt_span_context_is_valid(const struct lt_span_context *context);

/* The ids for log lines: lower-case hex, NUL-terminated; "" when the context is invalid.
 * Source: https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/ */
struct lt_ids {
	char trace_id[33];
	char span_id[17];
	char trace_flags[3];
};

LT_API struct lt_ids lt_span_context_ids(const struct lt_span_context *context);

/* --- tracers ------------------------------------------------------------------------------ */

/** The provider that sdk.h or the agent made global; borrowed; NULL when there is none. */
LT_API struct lt_provider *lt_provider_global(void);

/* The instrumentation scope: the library or part of a program that makes the spans.
 * Source: https://opentelemetry.io/docs/specs/otel/common/instrumentation-scope/ */
struct lt_instrumentation_scope {
	struct lt_slice name;
	struct lt_slice version; /* may be empty, likewise below */
	struct lt_slice schema_url;
	const struct lt_attr *attrs;
	size_t n_attrs;
};

/**
 * Returns the tracer of an instrumentation scope, the same one for the same scope.
 *
 * Its spans are NULL while it has no provider. A tracer of the global provider (NULL) follows
 * whichever provider is global; any other one ends with its provider, unless the same scope is
 * requested of another one.
 *
 * @param provider  borrowed; NULL: the global one, which need not exist yet
 * @param scope     copied, also its attributes, in any order; NULL: one without a name
 * @return a tracer to keep, never to release. With 1,024 different scopes in use: the one without a
 *         name, which is reported once. NULL when out of memory
 *
 * Call it once per scope and keep the result: it takes a lock.
 */
LT_API struct lt_tracer *lt_tracer_get_scope(
	struct lt_provider *provider, const struct lt_instrumentation_scope *scope);

/** lt_tracer_get_scope() for a scope with a name and a version (NULL: none). */
LT_API struct lt_tracer *lt_tracer_get(
	struct lt_provider *provider, const char *name, const char *version);

/* --- spans -------------------------------------------------------------------------------- */

enum lt_kind {
	LT_KIND_INTERNAL = 0,
	LT_KIND_SERVER,
	LT_KIND_CLIENT,
	LT_KIND_PRODUCER,
	LT_KIND_CONSUMER
};

enum lt_status {
	LT_STATUS_UNSET = 0,
	LT_STATUS_OK, /* the program's own verdict, final: not for instrumentation to set */
	LT_STATUS_ERROR,
};

struct lt_link {
	struct lt_span_context context; /* copied */
	const struct lt_attr *attrs;
	size_t n_attrs;
};

struct lt_context; /* of context.h */

struct lt_span_options { /* zero is the right default for each field */
	/* Borrowed; NULL: the context's span.  Stands for a context that differs from the current
	 * one by this parent, such as one just extracted. */
	const struct lt_span_context *parent;
	bool root; /* no parent, whatever is current */
	/* Borrowed; NULL: what is current.  The parent's context: its span is the parent, its
	 * baggage and values are the span's.  While samplers and processors look at a new span, it
	 * is current. */
	const struct lt_context *context;
	enum lt_kind kind;
	uint64_t start_ns; /* Unix time; 0: now */
	/* Prefer these to attributes set later: samplers see only these. */
	const struct lt_attr *attrs;
	size_t n_attrs;
	const struct lt_link *links;
	size_t n_links;
};

/* Read by the inline functions below, so that a span that is not recorded costs a branch, and the
 * length of a literal name nothing. Not for programs, nor are the functions that take slices.
 */
struct lt_span_head {
	uint8_t state; /* 0: the span is over */
};
#define LT_SPAN_LIVES 1u
#define LT_SPAN_RECORDS 2u

static inline bool lt_span_may_record(const struct lt_span *span)
{
	return span && ((const struct lt_span_head *)span)->state & LT_SPAN_RECORDS;
}

LT_API LT_CHECKED struct lt_span *lt_span_start_named(
	struct lt_tracer *tracer, struct lt_slice name, const struct lt_span_options *options);
LT_API void lt_span_record_attributes(struct lt_span *span, const struct lt_attr *attrs, size_t n);
LT_API void lt_span_record_event(struct lt_span *span, uint64_t time_ns, struct lt_slice name,
	const struct lt_attr *attrs, size_t n);

/**
 * Starts a span.
 *
 * @param tracer   borrowed; NULL: the span is NULL
 * @param name     copied
 * @param options  borrowed; NULL: the defaults
 * @return new, for lt_span_end; NULL without a provider, after its shutdown or when out of memory
 */
static inline LT_CHECKED struct lt_span *lt_span_start(
	struct lt_tracer *tracer, const char *name, const struct lt_span_options *options)
{
	return tracer ? lt_span_start_named(tracer, lt_slice(name), options) : NULL;
}

/** Whether the span records what is set on it: sampled (or recorded without being sampled), not
 * ended. */
LT_API bool lt_span_is_recording(const struct lt_span *span);

/** The span's context; an invalid one for NULL.  It outlives the span. */
LT_API struct lt_span_context lt_span_get_context(const struct lt_span *span);

/** Sets attributes; over the limit (OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT) they are dropped and counted.
 */
static inline void lt_span_set(struct lt_span *span, const struct lt_attr *attrs, size_t n)
{
	if (lt_span_may_record(span))
		lt_span_record_attributes(span, attrs, n);
}

/** Replaces the name. */
LT_API void lt_span_set_name(struct lt_span *span, const char *name);

/** Adds an event that happened at time_ns (Unix time; 0: now). */
static inline void lt_span_event_at(struct lt_span *span, uint64_t time_ns, const char *name,
	const struct lt_attr *attrs, size_t n)
{
	if (lt_span_may_record(span))
		lt_span_record_event(span, time_ns, lt_slice(name), attrs, n);
}

/** Adds an event that happens now. */
static inline void lt_span_event(
	struct lt_span *span, const char *name, const struct lt_attr *attrs, size_t n)
{
	lt_span_event_at(span, 0, name, attrs, n);
}

/**
 * Adds the event "exception" for an error of the program; the status stays as it is.
 *
 * @param type     of low cardinality, such as "ECONNREFUSED"; may be NULL
 * @param message  for people; may be NULL
 * Source: https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/
 */
LT_API void lt_span_exception(struct lt_span *span, const char *type, const char *message);

/** The same with further attributes (copied), such as exception.stacktrace; one with the key of
 * type or message replaces it. */
LT_API void lt_span_exception_with(struct lt_span *span, const char *type, const char *message,
	const struct lt_attr *attrs, size_t n);

/**
 * Records an error of the C library's, all that the conventions want of it: the event "exception",
 * the attribute error.type ("ECONNREFUSED") and the status ERROR with the error's text.
 *
 * @param err  errno, or its negative; 0: nothing is recorded
 * Source: https://opentelemetry.io/docs/specs/semconv/general/recording-errors/
 */
LT_API void lt_span_errno(struct lt_span *span, int err);

/** Adds a link to a span of this or of another trace. */
LT_API void lt_span_link(struct lt_span *span, const struct lt_span_context *context,
	const struct lt_attr *attrs, size_t n);

/**
 * Sets the status.  OK is final; UNSET changes nothing.
 * @param text  copied; kept only with LT_STATUS_ERROR; NULL: none
 */
LT_API void lt_span_status(struct lt_span *span, enum lt_status status, const char *text);

/**
 * Ends the span at end_ns (Unix time; 0: now). Takes it: after this only a scope in which it is
 * still current may refer to it.
 *
 * A second end, or any other call on an ended span, does nothing, recorded or not. That holds until
 * the span's memory has been reused for 15 later spans, or freed because its thread ended; after
 * that it is undefined, like a second free().
 */
LT_API void lt_span_end_at(struct lt_span *span, uint64_t end_ns);

/** Ends the span now. */
static inline void lt_span_end(struct lt_span *span)
{
	lt_span_end_at(span, 0);
}

/**
 * Keeps an ended span alive, for callbacks that make it current later.
 * Every hold needs a release; the span is exported after the last one.
 * @return span
 */
LT_API struct lt_span *lt_span_hold(struct lt_span *span);
LT_API void lt_span_release(struct lt_span *span);

/* --- the current span --------------------------------------------------------------------- */

/* A stretch of code, on one thread, in which a span is current: it lives in the caller's frame, and
 * holds its span. Scopes nest; leaving one leaves those inside it. In an event loop, enter it for
 * one callback, never for the life of a request: requests interleave on the thread. */
struct lt_scope {
	struct lt_scope_entry *entry; /* private, both */
	uint64_t use;
};

/**
 * Makes span current (NULL: no span is).  Leave it on the same thread, in the same function.
 *
 * A scope that is not left (an early return, longjmp, an exception, the thread's end) does no harm:
 * it is discarded once its frame is gone, at the latest when an enclosing scope is left or the
 * thread ends. Leaving it on another thread ends it on its own. With coroutines that have stacks of
 * their own, leave it before switching.
 */
LT_API void lt_scope_enter(struct lt_scope *scope, struct lt_span *span);

/** Leaves a scope; one that was left already, or NULL, is ignored. */
LT_API void lt_scope_leave(struct lt_scope *scope);

/* With gcc and clang: makes span current until the end of the block, however that is left;
 * LT_SCOPE_CONTEXT(context) of context.h likewise.
 *
 *	struct lt_span *span = lt_span_start(tracer, "reserve", NULL);
 *	{
 *		LT_SCOPE(span);
 *		if (!reserve(order))
 *			return -ENOSPC;
 *	}
 *	lt_span_end(span);
 */
#if defined(__GNUC__)
#define LT_SCOPE(span) LT_SCOPE_NAMED(LT_SCOPE_NAME(lt_scope_, __LINE__), span)
#define LT_SCOPE_NAMED(name, span)                                                                 \
	struct lt_scope name __attribute__((cleanup(lt_scope_leave)));                             \
	lt_scope_enter(&name, span)
#define LT_SCOPE_NAME(prefix, line) LT_SCOPE_PASTE(prefix, line)
#define LT_SCOPE_PASTE(prefix, line) prefix##line
#endif

/** This thread's current span; borrowed until its scope is left; NULL: none. */
LT_API struct lt_span *lt_span_current(void);

/* --- logs --------------------------------------------------------------------------------- */

#define LT_LOG_IDS_BYTES 128

/* What a log line carries of the current span, so that the line is found by its trace; both are ""
 * where no span is current.
 *
 *	struct lt_log_ids ids = lt_log_ids();
 *	syslog(LOG_INFO, "reserved %d%s", qty, ids.text);
 *	printf("{\"message\":\"reserved\"%s}\n", ids.json);
 *
 * Source: https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/ */
struct lt_log_ids {
	char text[LT_LOG_IDS_BYTES]; /* " trace_id=0a… span_id=0b… trace_flags=01" */
	char json[LT_LOG_IDS_BYTES]; /* `,"trace_id":"0a…","span_id":"0b…","trace_flags":"01"` */
};

/** The current span's. */
LT_API struct lt_log_ids lt_log_ids(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
