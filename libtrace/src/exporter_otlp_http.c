/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_otlp_http.c - encodes a batch, posts it over a kept connection, tries again when that
 * may help.
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
#include "clock.h"
#include "curl_library.h"
#include "ids.h"
#include "otlp.h"
#include "otlp_http_config.h"
#include "zlib_library.h"

#include <errno.h>
#include <inttypes.h>
#include <libtrace/instrumentation.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
	RESPONSE_MAX_BYTES = 4 * 1024 * 1024, /* opentelemetry-proto, docs/specification.md */
	BACKOFF_FIRST_MS = 500,		      /* doubled for each further try, */
	BACKOFF_MAX_MS = 5000,		      /* up to this, with jitter of half of it */
	DNS_CACHE_S = 5,	 /* a collector's Service that was made anew has another address */
	SEND_BYTES = 256 * 1024, /* at once: a batch of 512 spans mostly; curl's own is 64 KiB */
	REPORT_INTERVAL_MS = 60000, /* how often a collector that fails is mentioned */
};

#define USER_AGENT "OTel-OTLP-Exporter-C/" LT_VERSION
#define NS_PER_MS UINT64_C(1000000)

struct otlp_http {
	struct lt_exporter super;
	struct lt_otlp_http_config config;
	struct lt_buffer request, compressed, response;
	CURL *easy;
	struct curl_slist *headers;
	pid_t owner; /* of easy: a fork's child must not write to its parent's connection */
	uint64_t last_report_ns; /* 0: the last batch went well */

	_Atomic uint64_t hurry_ns; /* monotonic; 0: no hurry; else one try, and only until then */
	pthread_mutex_t lock;
	pthread_cond_t hurried; /* ends a wait between tries */
};

/* --- talking about failure ---------------------------------------------------------------- */

static void report_failure(struct otlp_http *otlp, const char *what)
{
	uint64_t now_ns = lt_clock_monotonic_ns();
	if (otlp->last_report_ns && now_ns - otlp->last_report_ns < REPORT_INTERVAL_MS * NS_PER_MS)
		return;
	otlp->last_report_ns = now_ns;
	lt_report(LT_LEVEL_WARN, "cannot export to %s: %s", otlp->config.shown, what);
}

static void report_partial(struct otlp_http *otlp)
{
	struct lt_slice response = {otlp->response.bytes, otlp->response.len};
	struct lt_otlp_partial_success partial = {0};
	if (otlp->config.json) { /* no JSON reader here: show what it says */
		if (response.len && memmem(response.ptr, response.len, "rejectedSpans", 13))
			lt_report(LT_LEVEL_WARN, "%s took a batch in part: %.*s",
				otlp->config.shown, (int)response.len, response.ptr);
		return;
	}
	if (lt_otlp_protobuf_decode_response(response, &partial) &&
		(partial.n_rejected || partial.message.len))
		lt_report(LT_LEVEL_WARN, "%s rejected %" PRId64 " spans: %.*s", otlp->config.shown,
			partial.n_rejected, (int)partial.message.len, partial.message.ptr);
}

/* --- one try ------------------------------------------------------------------------------ */

enum outcome { SENT, REFUSED, TRY_AGAIN };

static size_t on_response(char *bytes, size_t size, size_t n, void *user)
{
	struct otlp_http *otlp = user;
	if (otlp->response.len + n > RESPONSE_MAX_BYTES)
		return 0; /* ends the transfer; the status has been read by then */
	lt_buffer_add(&otlp->response, bytes, n);
	return n;
}

static int on_progress(
	void *user, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	uint64_t hurry_ns =
		atomic_load_explicit(&((struct otlp_http *)user)->hurry_ns, memory_order_relaxed);
	return hurry_ns && lt_clock_monotonic_ns() > hurry_ns; /* 1 ends the transfer */
}

static bool set_headers(struct otlp_http *otlp, const struct lt_curl_library *curl)
{
	const char *fixed[] = {
		otlp->config.json ? "Content-Type: application/json"
				  : "Content-Type: application/x-protobuf",
		"Expect:", /* no round trip before the body */
		otlp->config.gzip ? "Content-Encoding: gzip" : NULL,
	};
	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0] + otlp->config.n_headers; i++) {
		size_t n_fixed = sizeof fixed / sizeof fixed[0];
		const char *header = i < n_fixed ? fixed[i] : otlp->config.headers[i - n_fixed];
		if (!header)
			continue;
		struct curl_slist *longer = curl->slist_append(otlp->headers, header);
		if (!longer)
			return false;
		otlp->headers = longer;
	}
	return true;
}

static void set_options(struct otlp_http *otlp, const struct lt_curl_library *curl)
{
	const struct lt_otlp_http_config *config = &otlp->config;
	CURL *easy = otlp->easy;
	curl->easy_setopt(easy, CURLOPT_URL, config->endpoint);
	/* Decided here, once a handle: libcurl would read the environment beside a program that may
	 * write it. */
	const char *proxy = lt_otlp_http_proxy(config);
	curl->easy_setopt(easy, CURLOPT_PROXY, proxy ? proxy : "");
	curl->easy_setopt(easy, CURLOPT_NOPROXY, "");
	curl->easy_setopt(easy, CURLOPT_POST, 1L);
	curl->easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BYTES);
	curl->easy_setopt(easy, CURLOPT_HTTPHEADER, otlp->headers);
	curl->easy_setopt(easy, CURLOPT_USERAGENT, USER_AGENT);
	curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* Does not wait for a name server when a try is over: an exit has its own limit. */
	curl->easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl->easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, (long)DNS_CACHE_S);
	curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_response);
	curl->easy_setopt(easy, CURLOPT_WRITEDATA, otlp);
	curl->easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl->easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl->easy_setopt(easy, CURLOPT_XFERINFODATA, otlp);
	if (config->certificate)
		curl->easy_setopt(easy, CURLOPT_CAINFO, config->certificate);
	if (config->client_certificate)
		curl->easy_setopt(easy, CURLOPT_SSLCERT, config->client_certificate);
	if (config->client_key)
		curl->easy_setopt(easy, CURLOPT_SSLKEY, config->client_key);
}

/* A handle of this process, or false.  A parent's is left as it is: closing it could end its TLS
 * session. */
static bool have_handle(struct otlp_http *otlp, const struct lt_curl_library *curl)
{
	if (otlp->easy && otlp->owner == getpid())
		return true;
	otlp->headers = NULL;
	otlp->easy = curl->easy_init();
	otlp->owner = getpid();
	if (!otlp->easy || !set_headers(otlp, curl))
		return false;
	set_options(otlp, curl);
	return true;
}

/* Milliseconds until deadline_ns, at least 1; 0 for "no deadline". */
static long remaining_ms(uint64_t deadline_ns)
{
	if (deadline_ns == UINT64_MAX)
		return 0;
	uint64_t now_ns = lt_clock_monotonic_ns();
	return now_ns >= deadline_ns ? 1 : (long)((deadline_ns - now_ns) / NS_PER_MS) + 1;
}

static enum outcome classify(struct otlp_http *otlp, const struct lt_curl_library *curl,
	CURLcode code, unsigned *ret_retry_after_ms)
{
	long status = 0;
	curl_off_t retry_after_s = 0;
	curl->easy_getinfo(otlp->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK && (code != CURLE_WRITE_ERROR || status == 0)) {
		report_failure(otlp, curl->easy_strerror(code));
		return code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL
			       ? REFUSED
			       : TRY_AGAIN;
	}
	if (status >= 200 && status < 300) {
		otlp->last_report_ns = 0;
		report_partial(otlp);
		return SENT;
	}
	char text[64];
	snprintf(text, sizeof text, "HTTP status %ld", status);
	report_failure(otlp, text);
	/* https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
	if (status != 429 && status != 502 && status != 503 && status != 504)
		return REFUSED;
	curl->easy_getinfo(otlp->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
	*ret_retry_after_ms = retry_after_s > 3600 ? 3600000 : (unsigned)retry_after_s * 1000;
	return TRY_AGAIN;
}

static enum outcome try_once(struct otlp_http *otlp, const struct lt_curl_library *curl,
	const struct lt_buffer *body, uint64_t deadline_ns, unsigned *ret_retry_after_ms)
{
	lt_buffer_reset(&otlp->response);
	curl->easy_setopt(otlp->easy, CURLOPT_POSTFIELDS, body->bytes ? body->bytes : "");
	curl->easy_setopt(otlp->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
	curl->easy_setopt(otlp->easy, CURLOPT_TIMEOUT_MS, remaining_ms(deadline_ns));
	CURLcode code = curl->easy_perform(otlp->easy);
	return classify(otlp, curl, code, ret_retry_after_ms);
}

/* --- all tries ---------------------------------------------------------------------------- */

static unsigned backoff_ms(unsigned n_tries)
{
	unsigned ms = n_tries < 5 ? BACKOFF_FIRST_MS << n_tries : BACKOFF_MAX_MS;
	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	return ms / 2 + (unsigned)(lt_ids_random() % (ms / 2));
}

/* False when somebody is in a hurry: then the next try would be one too many. */
static bool wait_ms(struct otlp_http *otlp, unsigned ms)
{
	uint64_t end_ns = lt_clock_monotonic_ns() + ms * NS_PER_MS;
	struct timespec end = {
		.tv_sec = (time_t)(end_ns / 1000000000), .tv_nsec = (long)(end_ns % 1000000000)};
	pthread_mutex_lock(&otlp->lock);
	while (!atomic_load(&otlp->hurry_ns))
		if (pthread_cond_timedwait(&otlp->hurried, &otlp->lock, &end) == ETIMEDOUT)
			break;
	pthread_mutex_unlock(&otlp->lock);
	return !atomic_load(&otlp->hurry_ns);
}

static uint64_t deadline_ns(struct otlp_http *otlp, unsigned timeout_ms)
{
	uint64_t deadline = UINT64_MAX, now_ns = lt_clock_monotonic_ns();
	if (otlp->config.timeout_ms)
		deadline = now_ns + otlp->config.timeout_ms * NS_PER_MS;
	if (timeout_ms && now_ns + timeout_ms * NS_PER_MS < deadline)
		deadline = now_ns + timeout_ms * NS_PER_MS;
	uint64_t hurry_ns = atomic_load(&otlp->hurry_ns);
	return hurry_ns && hurry_ns < deadline ? hurry_ns : deadline;
}

static int send_all_tries(struct otlp_http *otlp, const struct lt_buffer *body, unsigned timeout_ms)
{
	const struct lt_curl_library *curl = lt_curl_library();
	if (!curl || !have_handle(otlp, curl))
		return -ENOSYS;
	uint64_t deadline = deadline_ns(otlp, timeout_ms);
	for (unsigned n_tries = 0;; n_tries++) {
		unsigned wait = 0;
		enum outcome outcome = try_once(otlp, curl, body, deadline, &wait);
		if (outcome != TRY_AGAIN)
			return outcome == SENT ? 0 : -EIO;
		if (!wait)
			wait = backoff_ms(n_tries);
		if (lt_clock_monotonic_ns() + wait * NS_PER_MS >= deadline || !wait_ms(otlp, wait))
			return -EIO;
	}
}

/* --- the body ----------------------------------------------------------------------------- */

static bool compress_into(struct lt_buffer *out, const struct lt_buffer *in)
{
	enum { GZIP = 15 + 16 }; /* the largest window, with gzip's header: zlib.h, deflateInit2 */
	const struct lt_zlib *zlib = lt_zlib();
	z_stream z = {.next_in = (Bytef *)in->bytes, .avail_in = (uInt)in->len};
	if (zlib->init(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
		    sizeof z) != Z_OK)
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
	if (otlp->request.failed)
		return false;
	if (otlp->config.gzip) {
		lt_curl_library(); /* which has brought zlib, as a rule, wherever that is */
		otlp->config.gzip = lt_zlib() != NULL;
	}
	return !otlp->config.gzip || compress_into(&otlp->compressed, &otlp->request);
}

static int export(struct lt_exporter *self, const struct lt_span_data *const *spans, size_t n,
	unsigned timeout_ms)
{
	struct otlp_http *otlp = (struct otlp_http *)self;
	if (encode(otlp, spans, n))
		return send_all_tries(
			otlp, otlp->config.gzip ? &otlp->compressed : &otlp->request, timeout_ms);
	if (n == 1) {
		report_failure(otlp, "a span too large to send");
		return -E2BIG;
	}
	int err = export(self, spans, n / 2, timeout_ms);
	int err_rest = export(self, spans + n / 2, n - n / 2, timeout_ms);
	return err ? err : err_rest;
}

/* --- life --------------------------------------------------------------------------------- */

static void hurry(struct lt_exporter *self, unsigned timeout_ms)
{
	struct otlp_http *otlp = (struct otlp_http *)self;
	pthread_mutex_lock(&otlp->lock);
	atomic_store(&otlp->hurry_ns, lt_clock_monotonic_ns() + timeout_ms * NS_PER_MS);
	pthread_cond_broadcast(&otlp->hurried);
	pthread_mutex_unlock(&otlp->lock);
}

static void free_otlp_http(struct lt_exporter *self)
{
	struct otlp_http *otlp = (struct otlp_http *)self;
	if (otlp->easy && otlp->owner == getpid()) {
		lt_curl_library()->easy_cleanup(otlp->easy);
		lt_curl_library()->slist_free_all(otlp->headers);
	}
	lt_buffer_done(&otlp->request);
	lt_buffer_done(&otlp->compressed);
	lt_buffer_done(&otlp->response);
	lt_otlp_http_config_done(&otlp->config);
	pthread_cond_destroy(&otlp->hurried);
	pthread_mutex_destroy(&otlp->lock);
	free(otlp);
}

int lt_exporter_otlp_http_new(
	const struct lt_otlp_http_options *options, struct lt_exporter **ret_exporter)
{
	static const struct lt_otlp_http_options defaults;
	static const struct lt_exporter_impl impl = {
		.export = export, .hurry = hurry, .free = free_otlp_http};
	struct otlp_http *otlp = calloc(1, sizeof *otlp);
	if (!otlp)
		return -ENOMEM;
	int err = lt_otlp_http_config_init(&otlp->config, options ? options : &defaults);
	if (err) {
		lt_otlp_http_config_done(&otlp->config);
		free(otlp);
		return err;
	}
	otlp->super.impl = &impl;
	pthread_mutex_init(&otlp->lock, NULL);
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&otlp->hurried, &attr);
	pthread_condattr_destroy(&attr);
	*ret_exporter = &otlp->super;
	return 0;
}
