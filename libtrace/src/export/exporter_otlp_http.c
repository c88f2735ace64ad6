/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_otlp_http.c - encodes a batch, sends it, and retries after temporary failures.
 *
 * After a temporary failure the batch goes back to the processor with -EAGAIN, which keeps it and
 * exports it again until the queue needs its slots.  Retry-After and the back-off delay the
 * following batches, too.  During a shutdown all retries are made here.
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp */
#include "encode/encode.h"
#include "export/otlp_transfer.h"
#include "export/zlib_library.h"
#include "util/clock.h"
#include "util/ids.h"
#include "util/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BACKOFF_FIRST_MS 500	 /* doubled for each further try, */
#define BACKOFF_MAX_MS 5000	 /* up to this, with jitter of half of it */
#define RETRY_AFTER_MAX_MS 60000 /* limit of what a collector may request */
#define WAIT_MS 1000		 /* per call; then the processor checks the queue */
#define SHOWN_MAX_BYTES 200	 /* of a collector's text */
/* In a shutdown: */
#define LAST_BACKOFF_FIRST_MS 50 /* as above, */
#define LAST_WAIT_SHARE 2	 /* and no more than this part of what is left, so that */
#define LAST_TRY_MS 10		 /* there is a try until this is left */
#define FINISH_MS 25		 /* of it, for what comes after the last try */
#define NOBODY_MS 200		 /* for a collector that has never responded */

#define NS_PER_MS UINT64_C(1000000)

struct otlp_http {
	struct lt_exporter super;
	struct lt_otlp_http_config config;
	struct lt_otlp_transfer transfer;
	struct lt_buffer request, compressed;

	unsigned n_failures;		/* consecutive temporary failures */
	uint64_t next_try_ns;		/* monotonic; no attempt before, for any batch */
	bool has_answered;		/* there has been a response */
	bool has_left;			/* the shutdown's first attempt has been made */
	_Atomic uint64_t hurried_at_ns; /* monotonic; 0: no shutdown yet */
};

/* --- talking about failure ---------------------------------------------------------------- */

/* One per minute of each kind, whatever the text. */
static void report_failure(struct otlp_http *otlp, const char *what, struct lt_slice text)
{
	char kind[256];
	snprintf(kind, sizeof(kind), "%s %s", what, otlp->config.shown);
	lt_report_limited(kind, LT_LEVEL_WARN, "cannot export to %s: %s%s%.*s", otlp->config.shown,
		what, text.len ? ": " : "", (int)text.len, text.ptr);
}

static struct lt_slice cut(struct lt_slice text)
{
	if (text.len > SHOWN_MAX_BYTES)
		text.len = SHOWN_MAX_BYTES;
	return text;
}

/* The first that is not blank. */
static struct lt_slice first_line(struct lt_slice text)
{
	while (text.len && (unsigned char)*text.ptr <= ' ')
		text = (struct lt_slice){text.ptr + 1, text.len - 1};
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\r' || text.ptr[i] == '\n')
			text.len = i;
	}
	return cut(text);
}

static struct lt_slice response_of(const struct otlp_http *otlp)
{
	const struct lt_buffer *response = &otlp->transfer.response;
	return (struct lt_slice){response->len ? response->bytes : "", response->len};
}

static void report_status(struct otlp_http *otlp, long status)
{
	char what[32];
	struct lt_slice text = response_of(otlp), message;
	snprintf(what, sizeof(what), "HTTP status %ld", status);
	if (!otlp->config.json && lt_otlp_protobuf_decode_status(text, &message))
		text = message;
	report_failure(otlp, what, first_line(text));
}

/* How many of n spans the collector has rejected. */
static int read_partial_success(struct otlp_http *otlp, size_t n)
{
	struct lt_otlp_partial_success partial = {0};
	bool is_read = otlp->config.json
			       ? lt_otlp_json_decode_response(response_of(otlp), &partial)
			       : lt_otlp_protobuf_decode_response(response_of(otlp), &partial);
	if (!is_read || (partial.n_rejected == 0 && partial.message.len == 0))
		return 0;
	struct lt_slice message = cut(partial.message);
	char kind[256];
	snprintf(kind, sizeof(kind), "partial %d %s", partial.n_rejected != 0, otlp->config.shown);
	if (partial.n_rejected)
		lt_report_limited(kind, LT_LEVEL_WARN, "%s rejected %" PRId64 " spans%s%.*s",
			otlp->config.shown, partial.n_rejected, message.len ? ": " : "",
			(int)message.len, message.ptr);
	else
		lt_report_limited(kind, LT_LEVEL_WARN, "%s took all spans, and warns: %.*s",
			otlp->config.shown, (int)message.len, message.ptr);
	if (partial.n_rejected < 0)
		return 0;
	return (uint64_t)partial.n_rejected < n ? (int)partial.n_rejected : (int)n;
}

/* --- one try ------------------------------------------------------------------------------ */

enum verdict { SENT, REFUSED, TRY_AGAIN };

/* https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
static bool is_retryable(long status)
{
	return status == 429 || status == 502 || status == 503 || status == 504;
}

static enum verdict judge(struct otlp_http *otlp, const struct lt_otlp_outcome *outcome)
{
	/* CURLE_WRITE_ERROR: the response was over the limit. */
	bool is_answered = outcome->status &&
			   (outcome->code == CURLE_OK || outcome->code == CURLE_WRITE_ERROR);
	otlp->has_answered |= is_answered;
	if (!is_answered) {
		report_failure(otlp, outcome->text, (struct lt_slice){"", 0});
		return outcome->code == CURLE_URL_MALFORMAT ||
				       outcome->code == CURLE_UNSUPPORTED_PROTOCOL
			       ? REFUSED
			       : TRY_AGAIN;
	}
	if (outcome->status >= 200 && outcome->status < 300)
		return SENT;
	report_status(otlp, outcome->status);
	return is_retryable(outcome->status) ? TRY_AGAIN : REFUSED;
}

static enum verdict try_once(struct otlp_http *otlp, const struct lt_buffer *body, uint64_t end_ns,
	struct lt_otlp_outcome *outcome)
{
	unsigned timeout_ms = otlp->config.timeout_ms;
	uint64_t deadline_ns = lt_clock_monotonic_ns() + timeout_ms * NS_PER_MS;
	if (!timeout_ms || deadline_ns > end_ns)
		deadline_ns = end_ns;
	if (lt_otlp_transfer_send(&otlp->transfer, body, deadline_ns, outcome) != 0)
		return TRY_AGAIN; /* no libcurl, for now */
	return judge(otlp, outcome);
}

/* --- all tries ---------------------------------------------------------------------------- */

static unsigned backoff_ms(unsigned n_failures, unsigned first_ms)
{
	unsigned ms = n_failures < 8 ? first_ms << (n_failures - 1) : BACKOFF_MAX_MS;
	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	return ms / 2 + (unsigned)(lt_ids_random() % (ms / 2));
}

/* When the next attempt is due, after a failure. */
static void hold(struct otlp_http *otlp, int64_t retry_after_s)
{
	bool is_hurried = atomic_load(&otlp->hurried_at_ns);
	uint64_t wait_ms = backoff_ms(
		++otlp->n_failures, is_hurried ? LAST_BACKOFF_FIRST_MS : BACKOFF_FIRST_MS);
	if (retry_after_s > 0)
		wait_ms = retry_after_s < RETRY_AFTER_MAX_MS / 1000 ? (uint64_t)retry_after_s * 1000
								    : RETRY_AFTER_MAX_MS;
	else if (retry_after_s < 0 && otlp->n_failures == 1)
		wait_ms = 0; /* a date in the past, 0 from libcurl 8.12 on: now; then as usual */
	otlp->next_try_ns = lt_clock_monotonic_ns() + wait_ms * NS_PER_MS;
}

/* A shutdown has begun: one attempt is due at once, and further ones within the remaining time.
 * @param end_ns  of the shutdown
 * @return the end of the tries */
static uint64_t hurry_up(struct otlp_http *otlp, uint64_t hurried_at_ns, uint64_t end_ns)
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	if (!otlp->has_left) {
		otlp->has_left = true;
		otlp->n_failures = 0;
		otlp->next_try_ns = now_ns;
	}
	if (!otlp->has_answered && otlp->n_failures &&
		end_ns > hurried_at_ns + NOBODY_MS * NS_PER_MS)
		end_ns = hurried_at_ns + NOBODY_MS * NS_PER_MS;
	uint64_t left_ns = now_ns < end_ns ? end_ns - now_ns : 0;
	if (otlp->next_try_ns > now_ns + left_ns / LAST_WAIT_SHARE)
		otlp->next_try_ns = now_ns + left_ns / LAST_WAIT_SHARE;
	return end_ns > LAST_TRY_MS * NS_PER_MS ? end_ns - LAST_TRY_MS * NS_PER_MS : 0;
}

/* Waits until the next attempt is due; false when that would be too late. */
static bool wait_for_turn(struct otlp_http *otlp, uint64_t end_ns)
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	if (end_ns - now_ns > WAIT_MS * NS_PER_MS)
		end_ns = now_ns + WAIT_MS * NS_PER_MS;
	for (;; now_ns = lt_clock_monotonic_ns()) {
		uint64_t last_ns = atomic_load(&otlp->transfer.end_ns);
		uint64_t hurried_at_ns = atomic_load(&otlp->hurried_at_ns);
		if (hurried_at_ns && last_ns)
			end_ns = hurry_up(otlp, hurried_at_ns, last_ns);
		if (now_ns >= otlp->next_try_ns && now_ns < end_ns)
			return true;
		if (now_ns >= end_ns)
			return false;
		lt_otlp_transfer_rest(&otlp->transfer,
			otlp->next_try_ns < end_ns ? otlp->next_try_ns : end_ns, last_ns);
	}
}

/* @return as lt_exporter_impl.export_spans */
static int send_body(
	struct otlp_http *otlp, const struct lt_buffer *body, size_t n, uint64_t end_ns)
{
	while (wait_for_turn(otlp, end_ns)) {
		struct lt_otlp_outcome outcome = {0};
		enum verdict verdict = try_once(otlp, body, end_ns, &outcome);
		if (verdict != TRY_AGAIN) {
			otlp->n_failures = 0;
			otlp->next_try_ns = 0;
			return verdict == SENT ? read_partial_success(otlp, n) : -EIO;
		}
		hold(otlp, outcome.retry_after_s);
		if (!atomic_load(&otlp->hurried_at_ns))
			return -EAGAIN;
	}
	return atomic_load(&otlp->hurried_at_ns) ? -EIO : -EAGAIN;
}

/* --- the body ----------------------------------------------------------------------------- */

static bool compress_into(struct lt_buffer *out, const struct lt_buffer *in)
{
	enum { GZIP = 15 + 16 }; /* the largest window, with gzip's header: zlib.h, deflateInit2 */
	const struct lt_zlib *zlib = lt_zlib();
	z_stream z = {.next_in = (Bytef *)in->bytes, .avail_in = (uInt)in->len};
	if (zlib->init(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
		    sizeof(z)) != Z_OK)
		return false;
	lt_buffer_reset(out);
	size_t bound = zlib->bound(&z, (uLong)in->len);
	z.next_out = (Bytef *)lt_buffer_reserve(out, bound);
	z.avail_out = (uInt)bound;
	bool done = z.next_out && zlib->deflate(&z, Z_FINISH) == Z_STREAM_END;
	out->len = z.total_out;
	zlib->end(&z);
	return done;
}

static bool encode(struct otlp_http *otlp, const struct lt_span_data *const *spans, size_t n)
{
	lt_buffer_reset(&otlp->request);
	if (otlp->config.json)
		lt_otlp_json_encode(&otlp->request, spans, n);
	else
		lt_otlp_protobuf_encode(&otlp->request, spans, n);
	if (otlp->request.failed || otlp->request.len > otlp->config.max_request_bytes)
		return false;
	if (otlp->config.gzip) {
		lt_curl_library(); /* which has usually loaded zlib */
		otlp->config.gzip = lt_zlib() != NULL;
	}
	return !otlp->config.gzip || compress_into(&otlp->compressed, &otlp->request);
}

static int send_spans(
	struct otlp_http *otlp, const struct lt_span_data *const *spans, size_t n, uint64_t end_ns)
{
	if (encode(otlp, spans, n))
		return send_body(
			otlp, otlp->config.gzip ? &otlp->compressed : &otlp->request, n, end_ns);
	if (n == 1) {
		report_failure(otlp, "a span too large to send", (struct lt_slice){"", 0});
		return -E2BIG;
	}
	int result = send_spans(otlp, spans, n / 2, end_ns);
	if (result == -EAGAIN)
		return result; /* none has been sent */
	int rest = send_spans(otlp, spans + n / 2, n - n / 2, end_ns);
	if (rest == -EAGAIN)
		rest = -EIO; /* the first half must not be sent twice */
	return result < 0 ? result : rest < 0 ? rest : result + rest;
}

static int export(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	uint64_t end_ns =
		timeout_ms ? lt_clock_monotonic_ns() + timeout_ms * NS_PER_MS : UINT64_MAX;
	return send_spans((struct otlp_http *)self, spans, n, end_ns);
}

/* --- life --------------------------------------------------------------------------------- */

static void hurry(struct lt_exporter *self, unsigned timeout_ms)
{
	struct otlp_http *otlp = (struct otlp_http *)self;
	uint64_t now_ns = lt_clock_monotonic_ns();
	unsigned finish_ms = timeout_ms / 4 < FINISH_MS ? timeout_ms / 4 : FINISH_MS;
	atomic_store(&otlp->hurried_at_ns, now_ns);
	lt_otlp_transfer_end_by(&otlp->transfer, now_ns + (timeout_ms - finish_ms) * NS_PER_MS);
}

static void free_otlp_http(struct lt_exporter *self)
{
	struct otlp_http *otlp = (struct otlp_http *)self;
	lt_otlp_transfer_done(&otlp->transfer);
	lt_buffer_done(&otlp->request);
	lt_buffer_done(&otlp->compressed);
	lt_otlp_http_config_done(&otlp->config);
	free(otlp);
}

const struct lt_otlp_http_config *lt_exporter_otlp_http_config(const struct lt_exporter *exporter)
{
	return &((const struct otlp_http *)exporter)->config;
}

int lt_exporter_otlp_http_new(
	const struct lt_otlp_http_options *options, struct lt_exporter **ret_exporter)
{
	static const struct lt_otlp_http_options defaults;
	static const struct lt_exporter_impl protobuf = {.export_spans = export,
		.hurry = hurry,
		.free = free_otlp_http,
		.type = "otlp_http_span_exporter"};
	static const struct lt_exporter_impl json = {.export_spans = export,
		.hurry = hurry,
		.free = free_otlp_http,
		.type = "otlp_http_json_span_exporter"};
	struct otlp_http *otlp = calloc(1, sizeof(*otlp));
	if (!otlp)
		return -ENOMEM;
	int err = lt_otlp_http_config_init(&otlp->config, options ? options : &defaults);
	if (err) {
		lt_otlp_http_config_done(&otlp->config);
		free(otlp);
		return err;
	}
	otlp->super.impl = otlp->config.json ? &json : &protobuf;
	lt_report(LT_LEVEL_DEBUG, "exporter: OTLP/HTTP, %s, to %s%s, %u ms for a try, %zu headers",
		otlp->config.json ? "JSON" : "protobuf", otlp->config.shown,
		otlp->config.gzip ? ", gzip" : "", otlp->config.timeout_ms, otlp->config.n_headers);
	lt_otlp_transfer_init(&otlp->transfer, &otlp->config);
	*ret_exporter = &otlp->super;
	return 0;
}
