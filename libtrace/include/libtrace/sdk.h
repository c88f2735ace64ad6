/* SPDX-License-Identifier: Apache-2.0 */
/* sdk.h - what main() assembles: resource, sampler, processors, exporters, provider.
 *
 * Each object is taken by the next, so main() keeps and frees only the provider. Under
 * libtrace-instrument the agent has set one up: do it only where lt_provider_global() is NULL.
 *
 * Functions that set up return 0 or -Exxx, with the result in ret_x, untouched on failure. A zero
 * option takes the value of its OTEL_* variable, else the specification's default.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/
 */
#ifndef LIBTRACE_SDK_H
#define LIBTRACE_SDK_H

#include <libtrace/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- spans as processors and exporters read them ------------------------------------------ */

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

/* A span context in place: like struct lt_span_context, but with a borrowed tracestate. */
struct lt_span_context_view {
	uint8_t trace_id[16];
	uint8_t span_id[8];
	uint8_t flags;
	bool remote;
	struct lt_slice tracestate; /* well-formed; len 0: none */
};

/** Like lt_span_context_ids(). */
LT_API struct lt_ids lt_span_context_view_ids(const struct lt_span_context_view *view);

struct lt_span_link { /* a recorded link */
	struct lt_span_context_view context;
	struct lt_attributes attrs;
};

/* A resource: the entity that produced the spans. Opaque; reference-counted by its provider. */
struct lt_resource;

/* Borrowed from the span, which lives until the call that it was passed to returns. */
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
 * The resource of a program: attributes given here override OTEL_SERVICE_NAME, which overrides
 * OTEL_RESOURCE_ATTRIBUTES, which overrides what the detectors of OTEL_C_RESOURCE_DETECTORS find
 * (service, process, host), which overrides the default (telemetry.sdk.*, service.name
 * "unknown_service:<program>").  An empty service.name counts as absent.  A fork's child has a
 * process.pid and, unless it was given, a service.instance.id of its own.
 *
 * A span's limits do not hold: all attributes together may take 1 MiB.
 *
 * @param attrs         copied
 * @param ret_resource  new; taken by lt_provider_new
 * @return 0 or -ENOMEM; a malformed OTEL_RESOURCE_ATTRIBUTES is reported and ignored as a whole
 * Source: https://opentelemetry.io/docs/specs/otel/resource/sdk/
 */
LT_API LT_CHECKED int lt_resource_new(
	const struct lt_attr *attrs, size_t n, struct lt_resource **ret_resource);

/** A resource of these attributes (copied) and no others; none: the empty one.
 * @param schema_url  copied; NULL: none  @param ret_resource  new  @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_resource_create(const struct lt_attr *attrs, size_t n,
	const char *schema_url, struct lt_resource **ret_resource);

/**
 * What two resources (borrowed; NULL: an empty one) have together.  Of a key that both have the
 * updating one's value is kept.  So is the schema URL that one of them has; where both have one and
 * they differ, the result has none, which is reported.
 * @param ret_resource  new  @return 0 or -ENOMEM
 * Source: https://opentelemetry.io/docs/specs/otel/resource/sdk/#merge
 */
LT_API LT_CHECKED int lt_resource_merge(const struct lt_resource *old,
	const struct lt_resource *updating, struct lt_resource **ret_resource);

LT_API void lt_resource_free(struct lt_resource *resource);

/** Its attributes; borrowed from the resource. */
LT_API const struct lt_attributes *lt_resource_attributes(const struct lt_resource *resource);

/** Its schema URL; borrowed from the resource; len 0: none. */
LT_API struct lt_slice lt_resource_schema_url(const struct lt_resource *resource);

/* The first member of a custom resource detector. */
struct lt_resource_detector {
	const struct lt_resource_detector_impl *impl;
};

struct lt_resource_detector_impl {
	const char *name; /* mostly the first part of its attributes' keys */
	/* A new resource, with the schema URL of the conventions that its keys are of.  Returns 0;
	 * -ENOENT when it finds nothing; another -Exxx, which is reported. */
	int (*detect)(struct lt_resource_detector *self, struct lt_resource **ret_resource);
};

/** The built-in detector of that name, static; NULL: none of
 *
 *	service    service.name of OTEL_SERVICE_NAME, service.instance.id
 *	process    process.pid, process.executable.name and .path
 *	host       host.name, .arch, .id, os.type
 *	os         os.type, .name, .version, .description
 *	container  container.id
 *	k8s        k8s.pod.name, .pod.uid, .namespace.name, .node.name, .container.name: of variables
 *	           K8S_POD_NAME and so on, HOSTNAME and the service account
 */
LT_API struct lt_resource_detector *lt_resource_detector(const char *name);

/** What detectors (borrowed) find, merged in their order.
 * @param ret_resource  new, perhaps empty  @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_resource_detect(
	struct lt_resource_detector *const *detectors, size_t n, struct lt_resource **ret_resource);

/* --- samplers ----------------------------------------------------------------------------- */

enum lt_decision {
	LT_DROP = 0,	/* not recorded, not sampled */
	LT_RECORD_ONLY, /* passed to processors, not to exporters */
	LT_RECORD_AND_SAMPLE,
};

/* The parent's whole context is current: lt_baggage_current(), lt_context_current_value(). */
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

#define LT_SAMPLING_ATTRS_MAX 32 /* of a composite sampler; more are dropped */

struct lt_sampling_result {	     /* what a sampler may add; zero on entry, except the rooms */
	const struct lt_attr *attrs; /* borrowed for the call, copied to the span */
	size_t n_attrs;
	/* Replaces the parent's; ptr NULL: the parent's. A malformed one is treated as absent.
	 * Borrowed like attrs. */
	struct lt_slice tracestate;
	/* Not initialised: room for such a tracestate and such attributes. */
	char tracestate_room[LT_TRACESTATE_MAX + 1];
	struct lt_attr attr_room[LT_SAMPLING_ATTRS_MAX];
};

/* The first member of a custom sampler. */
struct lt_sampler {
	const struct lt_sampler_impl *impl;
};

struct lt_sampler_impl {
	/* Called concurrently by all threads that start spans. */
	enum lt_decision (*sample)(struct lt_sampler *self,
		const struct lt_sampling_parameters *parameters, struct lt_sampling_result *result);
	void (*free)(struct lt_sampler *self); /* may be NULL */
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
 * Follows the parent's decision; root (takes; NULL: always on) decides without a parent.
 *
 * The parent's sampling threshold is passed on, unless it disagrees with the sampled flag: then it
 * is removed.
 */
LT_API LT_CHECKED int lt_sampler_parent_based_new(
	struct lt_sampler *root, struct lt_sampler **ret_sampler);

struct lt_parent_based_options {	   /* takes each; NULL: the default */
	struct lt_sampler *root;	   /* without a parent; default: always on */
	struct lt_sampler *remote_sampled; /* default: always on, likewise the next */
	struct lt_sampler *local_sampled;
	struct lt_sampler *remote_not_sampled; /* default: always off, likewise the next */
	struct lt_sampler *local_not_sampled;
};

/** Has a sampler for each kind of parent; only static ones may repeat. @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_sampler_parent_based_with(
	const struct lt_parent_based_options *options, struct lt_sampler **ret_sampler);

/** Records the spans that root (takes) drops as well, for processors that need every span; exporters
 * get those that root samples. @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_sampler_always_record_new(
	struct lt_sampler *root, struct lt_sampler **ret_sampler);

/** The sampler of OTEL_TRACES_SAMPLER and its _ARG; default: parentbased_always_on. */
LT_API LT_CHECKED int lt_sampler_from_env(struct lt_sampler **ret_sampler);

/* --- composable samplers ------------------------------------------------------------------ */

#define LT_THRESHOLD_NEVER UINT64_MAX /* of a sampler that drops the span */

/* The intent of a composable sampler, which the composite sampler compares with the randomness.
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#compositesampler */
struct lt_sampling_intent {
	uint64_t threshold; /* 0 (all) to 2^56 - 1, or LT_THRESHOLD_NEVER, the value on entry */
	bool is_reliable;   /* it may be written into the tracestate, for estimates of counts */
	/* For a sampled span: to be appended to, up to LT_SAMPLING_ATTRS_MAX. What they point to is
	 * borrowed until the span has started. */
	struct lt_attr *attrs;
	size_t n_attrs;
};

/* The first member of a custom composable sampler. */
struct lt_composable {
	const struct lt_composable_impl *impl;
};

struct lt_composable_impl {
	/* Called concurrently by all threads that start spans. Must not use the random parts of the
	 * parameters: decisions would not be consistent. */
	void (*intend)(struct lt_composable *self, const struct lt_sampling_parameters *parameters,
		struct lt_sampling_intent *intent);
	void (*free)(struct lt_composable *self); /* may be NULL */
};

/** A sampler that follows a composable one (takes). @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_sampler_composite_new(
	struct lt_composable *composable, struct lt_sampler **ret_sampler);

LT_API struct lt_composable *lt_composable_always_on(void);  /* static, threshold 0 */
LT_API struct lt_composable *lt_composable_always_off(void); /* static */

/** Like lt_sampler_ratio_new(). */
LT_API LT_CHECKED int lt_composable_probability_new(
	double ratio, struct lt_composable **ret_composable);

/** The parent's threshold, or without one its sampled flag; root (takes) where there is no parent.
 * @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_composable_parent_threshold_new(
	struct lt_composable *root, struct lt_composable **ret_composable);

struct lt_sampling_rule {
	/* NULL: matches every span. Called concurrently by all threads that start spans. */
	bool (*matches)(const struct lt_sampling_parameters *parameters, void *user);
	void *user;			/* borrowed as long as the sampler lives */
	struct lt_composable *delegate; /* takes, also on failure */
};

/** Uses the delegate of the first rule that matches; drops the span if none does.
 * @param rules  copied  @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_composable_rule_based_new(
	const struct lt_sampling_rule *rules, size_t n, struct lt_composable **ret_composable);

/** Follows delegate (takes) and adds attributes (copied) to sampled spans, which override the
 * delegate's own. @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_composable_annotating_new(struct lt_composable *delegate,
	const struct lt_attr *attrs, size_t n, struct lt_composable **ret_composable);

/* --- id generators ------------------------------------------------------------------------ */

/* The first member of a custom id generator. */
struct lt_id_generator {
	const struct lt_id_generator_impl *impl;
};

/* Called concurrently by all threads that start spans. An all-zero id is replaced by a random one.
 * NULL: random ids. */
struct lt_id_generator_impl {
	void (*trace_id)(struct lt_id_generator *self, uint8_t ret_trace_id[16]);
	void (*span_id)(struct lt_id_generator *self, uint8_t ret_span_id[8]);
	/* The trace ids' last 56 bits are random: LT_FLAG_RANDOM is set.
	 * Source: https://www.w3.org/TR/trace-context-2/#random-trace-id-flag */
	bool is_random;
	void (*free)(struct lt_id_generator *self); /* may be NULL */
};

/* --- exporters ---------------------------------------------------------------------------- */

/* The first member of a custom exporter. */
struct lt_exporter {
	const struct lt_exporter_impl *impl;
};

/* Each may be NULL: an exporter without export_spans() sends nothing, and succeeds. */
struct lt_exporter_impl {
	/* Sends n >= 1 spans within timeout_ms (0: no limit). Never called concurrently. Returns 0;
	 * the number of spans that the receiver rejected while accepting the others; -EAGAIN when
	 * none was accepted and a retry may succeed: they are exported again, unless their place in
	 * the queue is needed; another -Exxx: they are lost. */
	int (*export_spans)(struct lt_exporter *self, const struct lt_span_data *const *spans,
		size_t n, unsigned timeout_ms);
	/* Limits the current and all later export_spans() to timeout_ms from now; until then they
	 * may retry. Called by another thread, at shutdown; must not block. Shutdown does not wait
	 * for an export_spans() that takes longer. */
	void (*hurry)(struct lt_exporter *self, unsigned timeout_ms);
	/* Ends what an exporter does with spans after it has returned 0 for them.  By the thread that
	 * exports, never during export_spans().  Returns 0 or -Exxx. */
	int (*flush)(struct lt_exporter *self, unsigned timeout_ms);
	/* As flush(), once, after the last export_spans(); not where that does not return. */
	int (*shutdown)(struct lt_exporter *self, unsigned timeout_ms);
	void (*free)(struct lt_exporter *self);
	const char *type; /* otel.component.type, static; NULL: "custom_span_exporter" */
};

struct lt_otlp_header {
	const char *name;
	const char *value;
};

#define LT_OTLP_NO_TIMEOUT UINT32_MAX

struct lt_otlp_http_options { /* copied; zero: the OTEL_EXPORTER_OTLP_* variable, else its default */
	const char *endpoint;	 /* full URL, used as it is */
	const char *protocol;	 /* "http/protobuf" or "http/json" */
	const char *compression; /* "none" or "gzip" */
	uint32_t timeout_ms;	 /* of one try */
	/* Beside those of the variable; one of the same name replaces it. */
	const struct lt_otlp_header *headers;
	size_t n_headers;
	const char *certificate; /* PEM files, likewise below */
	const char *client_certificate;
	const char *client_key;
	size_t max_request_bytes;  /* before compression; 64 MiB, the most; larger ones are split */
	size_t max_response_bytes; /* 4 MiB; the rest is not read */
};

/**
 * Sends to an OpenTelemetry collector, Jaeger or traceview by OTLP/HTTP; connects when there are
 * spans to send.
 * @return 0, -EINVAL for an unusable endpoint (reported), or -ENOMEM
 * Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
LT_API LT_CHECKED int lt_exporter_otlp_http_new(
	const struct lt_otlp_http_options *options, struct lt_exporter **ret_exporter);

/** Prints each batch as trees, children below their parents, on standard error or at the end of the
 * file that OTEL_C_CONSOLE_FILE names. Control characters become question marks. */
LT_API LT_CHECKED int lt_exporter_console_new(struct lt_exporter **ret_exporter);

/**
 * Appends each batch to a file as a line of OTLP/JSON, for a log's reader or a Collector.  Several
 * processes may append to one.  A flush waits for the disk.
 * @param path  copied; opened for each batch; NULL, "" or "-": standard output
 * @return 0 or -ENOMEM
 * Source: https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/
 */
LT_API LT_CHECKED int lt_exporter_file_new(const char *path, struct lt_exporter **ret_exporter);

struct lt_processor_metrics; /* see lt_provider_metrics() */

/* --- processors --------------------------------------------------------------------------- */

/* The first member of a custom processor. */
struct lt_processor {
	const struct lt_processor_impl *impl;
};

/* Each may be NULL: spans are then recycled, and flush and shutdown succeed. */
struct lt_processor_impl {
	/* Called on the thread that starts or ends the span: must be fast. In on_start the parent's
	 * whole context is current: lt_baggage_current(), lt_context_current_value(). on_end takes
	 * the span, for lt_span_recycle(); it may be shared with other processors and is not to be
	 * changed. */
	void (*on_start)(struct lt_processor *self, struct lt_span *span,
		const struct lt_span_context_view *parent);
	void (*on_end)(struct lt_processor *self, struct lt_span *span);
	int (*flush)(struct lt_processor *self, unsigned timeout_ms);
	/* -ETIMEDOUT: spans are still in use; it may be called again, to wait for them. */
	int (*shutdown)(struct lt_processor *self, unsigned timeout_ms);
	void (*free)(struct lt_processor *self);
	/* Fills in up to max, for itself and those behind it; returns how many. */
	size_t (*metrics)(
		struct lt_processor *self, struct lt_processor_metrics *metrics, size_t max);
};

/** Gives an ended span back, for the processor that has taken it. Threads: any. */
LT_API void lt_span_recycle(struct lt_span *span);

#define LT_PROCESSORS_MAX 16 /* of a composite */

/**
 * Several processors in one, called in that order.  They share each ended span: its memory is
 * released when all of them have given it back, so a slow one keeps it, in a queue of its own limits.
 * At a flush or shutdown each has an equal part of the time that those before it have left.
 *
 * @param processors  takes each, also on failure; the array is copied
 * @return 0, -EINVAL for none or more than LT_PROCESSORS_MAX, or -ENOMEM
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-processor
 */
LT_API LT_CHECKED int lt_processor_composite_new(
	struct lt_processor *const *processors, size_t n, struct lt_processor **ret_processor);

struct lt_batch_options {
	size_t max_queue_size; /* spans; OTEL_BSP_MAX_QUEUE_SIZE, 2048; beyond: dropped, counted */
	size_t max_batch_size; /* spans; OTEL_BSP_MAX_EXPORT_BATCH_SIZE, 512 */
	unsigned schedule_delay_ms; /* OTEL_BSP_SCHEDULE_DELAY, 5000 */
	unsigned export_timeout_ms; /* OTEL_BSP_EXPORT_TIMEOUT, 30000 */
	size_t max_queue_bytes; /* OTEL_C_MAX_QUEUE_BYTES, 64 MiB, 2 MiB at least; beyond: as above */
};

/* Sampled spans that ended since the processor was made, or in a fork's child since the fork: their
 * number is the sum of the fields. */
struct lt_batch_stats {
	uint64_t n_exported;
	uint64_t n_dropped_full;     /* the queue had max_queue_size spans */
	uint64_t n_dropped_failed;   /* the exporter failed, or a shutdown ran out of time */
	uint64_t n_dropped_bytes;    /* the queue had max_queue_bytes */
	uint64_t n_dropped_late;     /* they ended after shutdown */
	uint64_t n_dropped_rejected; /* the collector accepted their batch without them */
	uint64_t n_queued;	     /* waiting, or in the exporter */
};

/**
 * Queues ended spans and exports them in batches from a thread of its own, which starts with the
 * first span.  Ending a span never waits for the exporter.
 * @param exporter  takes
 */
LT_API LT_CHECKED int lt_processor_batch_new(struct lt_exporter *exporter,
	const struct lt_batch_options *options, struct lt_processor **ret_processor);
LT_API struct lt_batch_stats lt_processor_batch_stats(const struct lt_processor *processor);

/** Exports each span as it ends, on its own thread: for tests and the console. A span that the
 * exporter returns (-EAGAIN) is lost.
 * @param exporter  takes */
LT_API LT_CHECKED int lt_processor_simple_new(
	struct lt_exporter *exporter, struct lt_processor **ret_processor);

/* --- provider ----------------------------------------------------------------------------- */

#define LT_VALUE_DEPTH_MAX 64 /* of arrays and maps in each other */

struct lt_span_limits {	     /* 0: the variable, else its default; LT_LIMIT_ZERO: a limit of 0 */
	uint32_t attr_count; /* OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT, 128 */
	/* Characters of a string, or bytes, at each depth; OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT,
	 * no limit. */
	uint32_t attr_value_length;
	uint32_t attr_value_depth; /* of arrays and maps, deeper ones become null; 64, the most */
	uint32_t event_count;	   /* OTEL_SPAN_EVENT_COUNT_LIMIT, 128 */
	uint32_t link_count;	   /* OTEL_SPAN_LINK_COUNT_LIMIT, 128 */
	uint32_t event_attr_count; /* OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT, 128 */
	uint32_t link_attr_count;  /* OTEL_LINK_ATTRIBUTE_COUNT_LIMIT, 128 */
};
#define LT_LIMIT_ZERO UINT32_MAX

struct lt_provider_options {
	struct lt_resource *resource;	/* takes; NULL: lt_resource_new(NULL, 0) */
	struct lt_sampler *sampler;	/* takes; NULL: lt_sampler_from_env */
	struct lt_processor *processor; /* takes; NULL: OTEL_TRACES_EXPORTER's exporters, batched */
	struct lt_span_limits limits;
	struct lt_id_generator *id_generator; /* takes; NULL: random ids */
	bool counts_spans; /* for lt_provider_metrics(): starting and ending one cost a little more */
};

/**
 * Creates a provider; NULL options: all from the OTEL_* variables, or from the file that
 * OTEL_CONFIG_FILE names, of OpenTelemetry's declarative configuration, schema 1.x: then all other
 * variables but OTEL_C_* count as unset.
 *
 * With OTEL_SDK_DISABLED=true its spans record nothing, and injecting them passes on their parents'
 * contexts; with an invalid OTLP endpoint (which is reported) they are not exported.
 *
 * @return 0 or -ENOMEM; where OTEL_CONFIG_FILE cannot be used, which is reported, -EINVAL for what is
 *   in it, -ENOTSUP without libyaml, or the error of reading it, such as -ENOENT
 * Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk/
 */
LT_API LT_CHECKED int lt_provider_new(
	const struct lt_provider_options *options, struct lt_provider **ret_provider);

/** Sets the provider that lt_provider_global() returns; borrowed; NULL: none. Tracers that were
 * created before there was one use it from now on. */
LT_API void lt_provider_set_global(struct lt_provider *provider);

/** Exports all spans ended so far.
 * @return 0, also for NULL; -ETIMEDOUT; -EIO when some were lost; -EAGAIN when the exporter's
 *   thread cannot be started */
LT_API int lt_provider_flush(struct lt_provider *provider, unsigned timeout_ms);

/** Flushes; later spans are NULL. A second call returns -EALREADY.
 * @return as lt_provider_flush; -ETIMEDOUT: an exporter is stuck, and is abandoned */
LT_API int lt_provider_shutdown(struct lt_provider *provider, unsigned timeout_ms);

/**
 * Shuts the provider down when the process exits (not at _exit or a fatal signal), before the TLS
 * library that the exporter may use is cleaned up. All registered providers are shut down; the exit
 * waits for the longest of their limits, and for none longer than its own.
 *
 * @param provider  borrowed until the exit or until it is freed; registering it again changes the
 *   limit; NULL: unregisters all
 */
LT_API void lt_provider_shutdown_at_exit(struct lt_provider *provider, unsigned timeout_ms);

/** Shuts down within 5 s unless that has been done, then frees. NULL is fine. None of its spans may
 * be alive, no thread may start one. If its exporter does not return, which is reported, its memory
 * is leaked instead. */
LT_API void lt_provider_free(struct lt_provider *provider);

/* --- self-observation --------------------------------------------------------------------- */

enum lt_parent_origin { LT_ORIGIN_NONE, LT_ORIGIN_LOCAL, LT_ORIGIN_REMOTE };

enum lt_outcome { /* of an export: the error.type of the last two is export_failed, rejected */
	LT_OUTCOME_EXPORTED,
	LT_OUTCOME_FAILED,
	LT_OUTCOME_REJECTED, /* in part */
	LT_N_OUTCOMES
};

/* Of a processor, and its exporter: since it was made, or in a fork's child since the fork.  The
 * sampled spans that have ended are the sum of queue_size, n_queue_full, n_already_shutdown,
 * n_shutdown_timeout, n_inflight, n_exported, n_failed and n_rejected. */
struct lt_processor_metrics {
	const char *type; /* otel.component.type, static; otel.component.name is "TYPE/NUMBER" */
	unsigned number;
	const char *exporter_type; /* NULL: it has none */
	unsigned exporter_number;
	uint64_t queue_size;	     /* otel.sdk.processor.span.queue.size, */
	uint64_t queue_capacity;     /* queue.capacity; 0: it has no queue */
	uint64_t n_processed;	     /* processor.span.processed; those with an error.type: */
	uint64_t n_queue_full;	     /* queue_full */
	uint64_t n_already_shutdown; /* already_shutdown */
	uint64_t n_shutdown_timeout; /* shutdown_timeout: a shutdown has run out of time */
	uint64_t n_inflight;	     /* exporter.span.inflight */
	uint64_t n_exported, n_failed, n_rejected; /* exporter.span.exported */
	/* exporter.operation.duration, by outcome */
	uint64_t n_operations[LT_N_OUTCOMES], operation_ns[LT_N_OUTCOMES];
};

struct lt_provider_metrics {
	/* With lt_provider_options.counts_spans, else 0; by enum lt_parent_origin and lt_decision. */
	uint64_t n_started[3][3]; /* otel.sdk.span.started */
	uint64_t n_live[3];	  /* otel.sdk.span.live; of those that record */
	size_t n_processors;	  /* that keep count */
	struct lt_processor_metrics processors[LT_PROCESSORS_MAX];
};

/**
 * What libtrace does itself.  While spans end the numbers are of moments that follow each other; after
 * a shutdown they add up.
 * @param provider  borrowed; NULL: nothing is
 * Threads: any.
 * Source: https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/
 */
LT_API void lt_provider_metrics(
	const struct lt_provider *provider, struct lt_provider_metrics *ret_metrics);

/** The same as text for Prometheus: otel_sdk_span_started_total and so on.
 * @param ret_text  new, for free()  @return 0 or -ENOMEM */
LT_API LT_CHECKED int lt_provider_metrics_text(const struct lt_provider *provider, char **ret_text);

/* --- diagnostics -------------------------------------------------------------------------- */

enum lt_level { LT_LEVEL_NONE, LT_LEVEL_ERROR, LT_LEVEL_WARN, LT_LEVEL_INFO, LT_LEVEL_DEBUG };

/** Sets the handler of libtrace's reports; NULL: standard error.  It gets those that OTEL_LOG_LEVEL
 * allows; at debug also what was configured, and each export. */
LT_API void lt_set_report_handler(
	void (*handler)(enum lt_level level, const char *text, void *user), void *user);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
