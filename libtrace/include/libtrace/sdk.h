/* SPDX-License-Identifier: Apache-2.0 */
/* sdk.h - what main() assembles: resource, sampler, processors, exporters, provider.
 *
 * Each object is taken by the next, so main() keeps and frees only the provider.  Under
 * libtrace-instrument the agent has done all this: do it only where lt_provider_global() is NULL.
 *
 * Functions that set up return 0 or -Exxx, with the result in ret_x, untouched on failure.  A zero
 * option means: as its OTEL_* variable says, else the specification's default.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/
 */
#ifndef LIBTRACE_SDK_H
#define LIBTRACE_SDK_H

#include <libtrace/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- spans as processors and exporters read them ----------------------------------------- */

struct lt_attributes {
	const struct lt_attr *items; /* keys are unique, order is that of arrival */
	uint32_t n;
	uint32_t n_dropped; /* over the limits */
};

struct lt_event {
	uint64_t time_ns; /* Unix time */
	struct lt_slice name;
	struct lt_attributes attrs;
};

/* A span context where it lies: as struct lt_span_context, with the tracestate borrowed. */
struct lt_span_context_view {
	uint8_t trace_id[16];
	uint8_t span_id[8];
	uint8_t flags;
	bool remote;
	struct lt_slice tracestate; /* well-formed; len 0: none */
};

/** As lt_span_context_ids. */
LT_API struct lt_ids lt_span_context_view_ids(const struct lt_span_context_view *view);

struct lt_span_link { /* a recorded link */
	struct lt_span_context_view context;
	struct lt_attributes attrs;
};

/* A resource: what made the spans.  Opaque; counted by its provider. */
struct lt_resource;

/* All of it is borrowed from the span, which lives until the call it was passed to returns. */
struct lt_span_data {
	struct lt_span_context_view context;
	uint8_t parent_span_id[8]; /* all zero: a root span */
	bool parent_remote;
	uint8_t kind;		   /* enum lt_kind */
	uint8_t status;		   /* enum lt_status */
	uint64_t start_ns, end_ns; /* Unix time */
	struct lt_slice name;
	struct lt_slice status_text;
	struct lt_attributes attrs;
	uint32_t n_events, n_links;
	const struct lt_event *events;
	const struct lt_span_link *links;
	uint32_t n_dropped_events, n_dropped_links;
	const struct lt_instrumentation_scope *scope;
	const struct lt_resource *resource;
};

/** What a span has recorded so far; borrowed; NULL unless it is recording. */
LT_API const struct lt_span_data *lt_span_read(const struct lt_span *span);

/* --- resource ----------------------------------------------------------------------------- */

/**
 * The resource of a program: attributes given here win over OTEL_SERVICE_NAME, which wins over
 * OTEL_RESOURCE_ATTRIBUTES, which wins over what libtrace knows (telemetry.sdk.*, service.name
 * "unknown_service:<program>", service.instance.id, process.*, host.name).  A fork's child has a
 * process.pid and, unless it was given, a service.instance.id of its own.
 *
 * @param attrs    copied
 * @param ret_resource  new; taken by lt_provider_new
 * @return 0 or -ENOMEM; a malformed OTEL_RESOURCE_ATTRIBUTES is reported and left out whole
 * Source: https://opentelemetry.io/docs/specs/otel/resource/sdk/
 */
LT_API LT_CHECKED int lt_resource_new(
	const struct lt_attr *attrs, size_t n, struct lt_resource **ret_resource);
LT_API void lt_resource_free(struct lt_resource *resource);

/** Its attributes; borrowed from the resource. */
LT_API const struct lt_attributes *lt_resource_attributes(const struct lt_resource *resource);

/* --- samplers ----------------------------------------------------------------------------- */

enum lt_decision {
	LT_DROP = 0,	/* not recorded, not sampled */
	LT_RECORD_ONLY, /* processors see it, exporters do not */
	LT_RECORD_AND_SAMPLE,
};

struct lt_sampling_parameters {			   /* borrowed for the call */
	const struct lt_span_context_view *parent; /* NULL: none */
	const uint8_t *trace_id;		   /* 16 bytes */
	struct lt_slice name;
	enum lt_kind kind;
	const struct lt_attr *attrs;
	size_t n_attrs;
	const struct lt_link *links;
	size_t n_links;
};

#define LT_SAMPLING_ATTRS_MAX 32 /* of a composite sampler: more are left out */

struct lt_sampling_result {	     /* what a sampler may add: zero on entry, but for the rooms */
	const struct lt_attr *attrs; /* borrowed until the call's end, copied to the span */
	size_t n_attrs;
	/* Instead of the parent's; ptr NULL: the parent's.  A malformed one counts as none.
	 * Borrowed like attrs. */
	struct lt_slice tracestate;
	/* Not initialised: places for such a tracestate and such attributes. */
	char tracestate_room[LT_TRACESTATE_MAX + 1];
	struct lt_attr attr_room[LT_SAMPLING_ATTRS_MAX];
};

/* A sampler of your own has this as its first member. */
struct lt_sampler {
	const struct lt_sampler_impl *impl;
};

struct lt_sampler_impl {
	/* Called by every thread that starts a span, at the same time. */
	enum lt_decision (*sample)(struct lt_sampler *self,
		const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result);
	void (*free)(struct lt_sampler *self); /* NULL: nothing to free */
};

/* Static; freeing them does nothing.  Under a parent with a sampling threshold (`ot=th:` in its
 * tracestate) always_on replaces it by 0, always_off removes it. */
LT_API struct lt_sampler *lt_sampler_always_on(void);
LT_API struct lt_sampler *lt_sampler_always_off(void);

/**
 * Samples a share of the traces, 0.0 to 1.0, whatever the parent's flag is: those whose randomness
 * (the tracestate's `ot=rv:`, else the trace id's last 56 bits) is at least the threshold
 * (1 - ratio) * 2^56, rounded to four digits after its leading f's.  The threshold goes into the
 * tracestate of what is sampled (`ot=th:`), so that a Collector's sampler behind this one agrees.
 * @return 0, -EINVAL for another ratio, or -ENOMEM
 * Source: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
 */
LT_API LT_CHECKED int lt_sampler_ratio_new(double ratio, struct lt_sampler **ret_sampler);

/**
 * As the parent was sampled; root (takes; NULL: always on) decides where there is none.
 *
 * The parent's sampling threshold is passed on, unless it disagrees with the sampled flag: then it
 * is removed.
 */
LT_API LT_CHECKED int lt_sampler_parent_based_new(
	struct lt_sampler *root, struct lt_sampler **ret_sampler);

struct lt_parent_based_options {	   /* takes each; NULL: as its comment says */
	struct lt_sampler *root;	   /* no parent; always on */
	struct lt_sampler *remote_sampled; /* always on, likewise the next */
	struct lt_sampler *local_sampled;
	struct lt_sampler *remote_not_sampled; /* always off, likewise the next */
	struct lt_sampler *local_not_sampled;
};

/** The same with a sampler for each kind of parent; no sampler may be given twice, but for static
 * ones.  @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_sampler_parent_based_with(
	const struct lt_parent_based_options *options, struct lt_sampler **ret_sampler);

/** Asks root (takes), and has what it drops recorded all the same, for processors that want to see
 * every span; exporters get what root samples.  @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_sampler_always_record_new(
	struct lt_sampler *root, struct lt_sampler **ret_sampler);

/** The one that OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG name (parentbased_always_on). */
LT_API LT_CHECKED int lt_sampler_from_env(struct lt_sampler **ret_sampler);

/* --- composable samplers ------------------------------------------------------------------ */

#define LT_THRESHOLD_NEVER UINT64_MAX /* of a sampler that wants the span dropped */

/* What a composable sampler wants; the composite sampler compares it with the randomness.
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#compositesampler */
struct lt_sampling_intent {
	uint64_t threshold; /* 0, all, to 2^56 - 1, or LT_THRESHOLD_NEVER, which it is on entry */
	bool is_reliable;   /* it may be written into the tracestate, to be counted with */
	/* For a sampled span: add yours after those that are there, up to LT_SAMPLING_ATTRS_MAX.
	 * What they point at is borrowed until the span has started. */
	struct lt_attr *attrs;
	size_t n_attrs;
};

/* A composable sampler of your own has this as its first member. */
struct lt_composable {
	const struct lt_composable_impl *impl;
};

struct lt_composable_impl {
	/* Called by every thread that starts a span, at the same time.  Must not look at what is
	 * random in the parameters: the decision would not be consistent. */
	void (*intend)(struct lt_composable *self, const struct lt_sampling_parameters *parameters,
		struct lt_sampling_intent *intent);
	void (*free)(struct lt_composable *self); /* NULL: nothing to free */
};

/** A sampler that does what a composable one (takes) wants.  @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_sampler_composite_new(
	struct lt_composable *composable, struct lt_sampler **ret_sampler);

LT_API struct lt_composable *lt_composable_always_on(void);  /* static, threshold 0 */
LT_API struct lt_composable *lt_composable_always_off(void); /* static */

/** As lt_sampler_ratio_new. */
LT_API LT_CHECKED int lt_composable_probability_new(
	double ratio, struct lt_composable **ret_composable);

/** The parent's threshold, or without one its sampled flag; root (takes) where there is no parent.
 * @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_composable_parent_threshold_new(
	struct lt_composable *root, struct lt_composable **ret_composable);

struct lt_sampling_rule {
	/* NULL: every span.  Called by every thread that starts a span. */
	bool (*matches)(const struct lt_sampling_parameters *parameters, void *user);
	void *user;			/* borrowed as long as the sampler lives */
	struct lt_composable *delegate; /* takes, also on failure */
};

/** What the first rule that matches says; drops the span where none does.
 * @param rules  copied  @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_composable_rule_based_new(
	const struct lt_sampling_rule *rules, size_t n, struct lt_composable **ret_composable);

/** What delegate (takes) wants, with attributes (copied) for the spans that are sampled, which win
 * over the delegate's own.  @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_composable_annotating_new(struct lt_composable *delegate,
	const struct lt_attr *attrs, size_t n, struct lt_composable **ret_composable);

/* --- id generators ------------------------------------------------------------------------ */

/* An id generator of your own has this as its first member. */
struct lt_id_generator {
	const struct lt_id_generator_impl *impl;
};

/* Called by every thread that starts a span, at the same time.  An id of zeros, which is none, is
 * replaced by a random one.  NULL: random ids. */
struct lt_id_generator_impl {
	void (*trace_id)(struct lt_id_generator *self, uint8_t ret_trace_id[16]);
	void (*span_id)(struct lt_id_generator *self, uint8_t ret_span_id[8]);
	/* The trace ids' last 56 bits are random: LT_FLAG_RANDOM is set.
	 * Source: https://www.w3.org/TR/trace-context-2/#random-trace-id-flag */
	bool is_random;
	void (*free)(struct lt_id_generator *self); /* NULL: nothing to free */
};

/* --- exporters ---------------------------------------------------------------------------- */

/* An exporter of your own has this as its first member. */
struct lt_exporter {
	const struct lt_exporter_impl *impl;
};

/* Any of these may be NULL: an exporter without export_spans() sends nothing, and succeeds. */
struct lt_exporter_impl {
	/* Sends n >= 1 spans within timeout_ms (0: no limit).  Never called twice at once.
	 * 0; the number of spans that the receiver rejected, having taken the others; -EAGAIN:
	 * none was taken and a later try may help, so they are exported again, unless their place
	 * is needed; another -Exxx: they are lost. */
	int (*export_spans)(struct lt_exporter *self, const struct lt_span_data *const *spans,
		size_t n, unsigned timeout_ms);
	/* From now on no export_spans() goes on for more than timeout_ms from now; until then it may
	 * try again.  Called by another thread, at shutdown, and must not wait.  Where it
	 * does not return in time, shutdown does not wait for it. */
	void (*hurry)(struct lt_exporter *self, unsigned timeout_ms);
	void (*free)(struct lt_exporter *self);
};

struct lt_otlp_http_options {
	const char *endpoint; /* full URL, used as it is; NULL: OTEL_EXPORTER_OTLP_* */
	const char *protocol; /* "http/protobuf" or "http/json"; NULL: OTEL_EXPORTER_OTLP_* */
};

/**
 * Sends to an OpenTelemetry collector, Jaeger or traceview by OTLP/HTTP; connects when there is
 * something to send.  Headers, timeout, compression and certificates: OTEL_EXPORTER_OTLP_*.
 * @return 0, -EINVAL for an unusable endpoint, or -ENOMEM
 * Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
LT_API LT_CHECKED int lt_exporter_otlp_http_new(
	const struct lt_otlp_http_options *options, struct lt_exporter **ret_exporter);

/** Prints each batch as trees, children below their parents, on standard error or at the end of the
 * file that OTEL_C_CONSOLE_FILE names.  What would harm a terminal becomes question marks. */
LT_API LT_CHECKED int lt_exporter_console_new(struct lt_exporter **ret_exporter);

/* --- processors --------------------------------------------------------------------------- */

/* A processor of your own has this as its first member. */
struct lt_processor {
	const struct lt_processor_impl *impl;
};

/* Any of these may be NULL: spans are recycled then, and flush and shutdown succeed. */
struct lt_processor_impl {
	/* On the thread that starts or ends the span, so be quick.
	 * on_end takes the span: give it to lt_span_recycle when done. */
	void (*on_start)(struct lt_processor *self, struct lt_span *span,
		const struct lt_span_context_view *parent);
	void (*on_end)(struct lt_processor *self, struct lt_span *span);
	int (*flush)(struct lt_processor *self, unsigned timeout_ms);
	/* -ETIMEDOUT: it still uses its spans.  Then it may be called again, to wait for that. */
	int (*shutdown)(struct lt_processor *self, unsigned timeout_ms);
	void (*free)(struct lt_processor *self);
};

/** Gives an ended span's memory back; for processors, from any thread. */
LT_API void lt_span_recycle(struct lt_span *span);

struct lt_batch_options {
	size_t max_queue_size; /* spans; OTEL_BSP_MAX_QUEUE_SIZE, 2048; beyond: dropped, counted */
	size_t max_batch_size; /* spans; OTEL_BSP_MAX_EXPORT_BATCH_SIZE, 512 */
	unsigned schedule_delay_ms; /* OTEL_BSP_SCHEDULE_DELAY, 5000 */
	unsigned export_timeout_ms; /* OTEL_BSP_EXPORT_TIMEOUT, 30000 */
	size_t max_queue_bytes; /* OTEL_C_MAX_QUEUE_BYTES, 64 MiB, 2 MiB at least; beyond: as above */
};

/* Sampled spans that ended since the processor was made, or in a fork's child since the fork: their
 * number is the sum of all these. */
struct lt_batch_stats {
	uint64_t n_exported;
	uint64_t n_dropped_full;     /* as many as may were queued */
	uint64_t n_dropped_failed;   /* the exporter gave up on them, or a shutdown did */
	uint64_t n_dropped_bytes;    /* those that were queued took as much memory as they may */
	uint64_t n_dropped_late;     /* they ended after shutdown */
	uint64_t n_dropped_rejected; /* the collector took their batch, but not them */
	uint64_t n_queued;	     /* they wait, or the exporter has them */
};

/**
 * Queues ended spans and exports them in batches from a thread of its own, which starts with the
 * first span.  Ending a span never waits for the exporter.
 * @param exporter  takes
 */
LT_API LT_CHECKED int lt_processor_batch_new(struct lt_exporter *exporter,
	const struct lt_batch_options *options, struct lt_processor **ret_processor);
LT_API struct lt_batch_stats lt_processor_batch_stats(const struct lt_processor *processor);

/** Exports each span as it ends, on its own thread: for tests and the console.  A span that the
 * exporter gives back (-EAGAIN) is lost.
 * @param exporter  takes */
LT_API LT_CHECKED int lt_processor_simple_new(
	struct lt_exporter *exporter, struct lt_processor **ret_processor);

/* --- provider ----------------------------------------------------------------------------- */

struct lt_span_limits {	     /* 0: the variable, else its default; LT_LIMIT_ZERO: really none */
	uint32_t attr_count; /* OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT, 128 */
	uint32_t attr_value_length; /* characters; OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT, no limit
				     */
	uint32_t event_count;	    /* OTEL_SPAN_EVENT_COUNT_LIMIT, 128 */
	uint32_t link_count;	    /* OTEL_SPAN_LINK_COUNT_LIMIT, 128 */
	uint32_t event_attr_count;  /* OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT, 128 */
	uint32_t link_attr_count;   /* OTEL_LINK_ATTRIBUTE_COUNT_LIMIT, 128 */
};
#define LT_LIMIT_ZERO UINT32_MAX

struct lt_provider_options {
	struct lt_resource *resource;	/* takes; NULL: lt_resource_new(NULL, 0) */
	struct lt_sampler *sampler;	/* takes; NULL: lt_sampler_from_env */
	struct lt_processor *processor; /* takes; NULL: what OTEL_TRACES_EXPORTER names, batched */
	struct lt_span_limits limits;
	struct lt_id_generator *id_generator; /* takes; NULL: random ids */
};

/**
 * Makes a provider; NULL options: all as the OTEL_* variables say.
 *
 * With OTEL_SDK_DISABLED=true its spans record nothing, and are their parents' contexts to whoever
 * injects them; with an OTLP endpoint that cannot be one (reported) they are exported nowhere.
 *
 * @return 0 or -ENOMEM
 */
LT_API LT_CHECKED int lt_provider_new(
	const struct lt_provider_options *options, struct lt_provider **ret_provider);

/** Makes provider the one that lt_provider_global() answers; borrowed; NULL: none.  Tracers that
 * were asked for before there was one are its from now on. */
LT_API void lt_provider_set_global(struct lt_provider *provider);

/** Exports all spans ended so far.
 * @return 0, also for NULL; -ETIMEDOUT; -EIO when some were lost; -EAGAIN when no thread can be had to
 *   do it */
LT_API int lt_provider_flush(struct lt_provider *provider, unsigned timeout_ms);

/** Flushes, then makes every later span a NULL one.  Once; a second call returns -EALREADY.
 * @return as lt_provider_flush; -ETIMEDOUT: an exporter is stuck, and is left to itself */
LT_API int lt_provider_shutdown(struct lt_provider *provider, unsigned timeout_ms);

/**
 * Shuts the provider down when the process exits (not at _exit or a fatal signal), before the TLS
 * library that the exporter may use is cleaned up.  All providers named are; the exit waits for
 * them as long as the longest of their limits says, and for none longer than its own.
 *
 * @param provider  borrowed until the exit or until it is freed; named again: the limit is changed;
 *   NULL: none, whichever were named
 */
LT_API void lt_provider_shutdown_at_exit(struct lt_provider *provider, unsigned timeout_ms);

/** Shuts down within 5 s if that has not been done, then frees.  NULL is fine.  No span of it may
 * be alive, no thread about to start one.  While its exporter does not return, which is reported,
 * what it uses is left to it for good instead. */
LT_API void lt_provider_free(struct lt_provider *provider);

/* --- diagnostics -------------------------------------------------------------------------- */

enum lt_level { LT_LEVEL_NONE, LT_LEVEL_ERROR, LT_LEVEL_WARN, LT_LEVEL_INFO, LT_LEVEL_DEBUG };

/** Where libtrace says what went wrong; NULL: standard error, as far as OTEL_LOG_LEVEL says. */
LT_API void lt_set_report_handler(
	void (*handler)(enum lt_level level, const char *text, void *user), void *user);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
