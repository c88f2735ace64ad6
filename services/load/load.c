/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <libtrace/baggage.h>
#include <libtrace/trace.h>

#include "base/monotonic.h"

#define NS_PER_S 1000000000LL
#define WAIT_MAX_MS 1000 /* progress is shown once a second */
#define LATE_NS (NS_PER_S / 10)

struct visit { /* one request and its handle, which serves the next one */
	CURL *call;
	struct lt_span *span;
	struct visit *next; /* free */
};

struct load {
	const struct load_options *options;
	struct summary *summary;
	struct lt_tracer *tracer;
	CURLM *calls;
	struct visit *free;
	unsigned long n_in_flight;
	struct lt_baggage **sessions;
	int signals;	 /* a descriptor: its first signal ends the sending */
	bool is_stopped; /* by one, or by err */
	int err;
};

static int64_t since(uint64_t start_ns)
{
	return (int64_t)(monotonic_ns() - start_ns);
}

/* --- a request ---------------------------------------------------------------------------- */

static size_t ignore(char *bytes, size_t size, size_t n, void *user)
{
	(void)bytes, (void)user;
	return size * n;
}

static struct visit *take_visit(struct load *load)
{
	struct visit *visit = load->free;

	if (visit) {
		load->free = visit->next;
		return visit;
	}
	visit = calloc(1, sizeof(*visit));
	CURL *call = visit ? curl_easy_init() : NULL;
	if (!call) {
		free(visit);
		return NULL;
	}
	visit->call = call;
	curl_easy_setopt(call, CURLOPT_CUSTOMREQUEST, load->options->method);
	curl_easy_setopt(call, CURLOPT_USERAGENT, "shop-load/" SERVICES_VERSION);
	curl_easy_setopt(call, CURLOPT_TIMEOUT_MS, (long)load->options->timeout_ms);
	curl_easy_setopt(call, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(call, CURLOPT_WRITEFUNCTION, ignore);
	curl_easy_setopt(call, CURLOPT_PRIVATE, visit);
	return visit;
}

static void end_visit(struct load *load, struct visit *visit, CURLcode result)
{
	long status = 0;
	curl_off_t duration_us = 0;

	if (result == CURLE_OK) {
		curl_easy_getinfo(visit->call, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(visit->call, CURLINFO_TOTAL_TIME_T, &duration_us);
		summary_answered(load->summary, status, (uint64_t)duration_us);
	} else {
		summary_failed(load->summary, result);
	}
	if (result != CURLE_OK || status >= 500)
		lt_span_status(visit->span, LT_STATUS_ERROR,
			result != CURLE_OK ? curl_easy_strerror(result) : NULL);
	lt_span_end(visit->span);
	visit->span = NULL;
	visit->next = load->free;
	load->free = visit;
	load->n_in_flight--;
}

static int begin_visit(struct load *load)
{
	unsigned long session = load->summary->n_sent % load->options->n_sessions;
	const struct lt_baggage *baggage = load->sessions[session];
	const struct lt_attr attrs[] = {
		lt_strn("session.id", lt_baggage_get(baggage, "session.id")),
		lt_str("user_agent.synthetic.type", "test"),
	};
	struct visit *visit = take_visit(load);
	struct lt_scope session_scope, scope;

	if (!visit)
		return -ENOMEM;
	curl_easy_setopt(visit->call, CURLOPT_URL,
		load->options->urls[load->summary->n_sent % load->options->n_urls]);
	lt_scope_enter_baggage(&session_scope, baggage);
	visit->span = lt_span_start(
		load->tracer, "visit", &(struct lt_span_options){.attrs = attrs, .n_attrs = 2});
	struct lt_span_context context = lt_span_get_context(visit->span);
	load->summary->n_traces += (context.flags & LT_FLAG_SAMPLED) != 0;
	lt_scope_enter(&scope, visit->span);
	CURLMcode err = curl_multi_add_handle(load->calls, visit->call);
	lt_scope_leave(&scope);
	lt_scope_leave(&session_scope);
	load->summary->n_sent++;
	load->n_in_flight++;
	if (err)
		end_visit(load, visit, CURLE_OUT_OF_MEMORY);
	return 0;
}

/* --- all of them -------------------------------------------------------------------------- */

/* When a request is due, after the first. */
static int64_t due_ns(const struct load_options *options, unsigned long nth)
{
	unsigned long n_bursts = nth / options->burst;

	return (int64_t)((double)n_bursts * (double)options->burst / options->rate_per_s * 1e9);
}

/* Sends what is due. @return milliseconds until the next is */
static int send_due(struct load *load, int64_t since_ns)
{
	const struct load_options *options = load->options;
	struct summary *summary = load->summary;

	while (!load->is_stopped && summary->n_sent < options->n_requests) {
		int64_t early_ns = due_ns(options, summary->n_sent) - since_ns;
		if (early_ns > 0)
			return early_ns / 1000000 < WAIT_MAX_MS ? (int)(early_ns / 1000000) + 1
								: WAIT_MAX_MS;
		if (load->n_in_flight >= LOAD_IN_FLIGHT_MAX)
			break;
		summary->n_late += -early_ns > LATE_NS;
		load->err = begin_visit(load);
		load->is_stopped = load->err != 0;
	}
	return WAIT_MAX_MS;
}

static void take_answers(struct load *load)
{
	CURLMsg *message;
	int n_left;

	while ((message = curl_multi_info_read(load->calls, &n_left))) {
		CURLcode result = message->data.result;
		struct visit *visit = NULL;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &visit);
		curl_multi_remove_handle(load->calls, visit->call);
		end_visit(load, visit, result);
	}
}

static void show_progress(const struct load *load, int64_t since_ns, int64_t *shown_s)
{
	if (!load->options->shows_progress || since_ns / NS_PER_S == *shown_s)
		return;
	*shown_s = since_ns / NS_PER_S;
	fprintf(stderr, "\r%lld s: %lu of %lu sent, %lu unanswered \033[K", (long long)*shown_s,
		load->summary->n_sent, load->options->n_requests, load->n_in_flight);
}

static int run(struct load *load)
{
	uint64_t start_ns = monotonic_ns();
	int64_t shown_s = 0;

	do {
		int wait_ms = send_due(load, since(start_ns)), n_running;
		struct curl_waitfd signals = {.fd = load->signals, .events = CURL_WAIT_POLLIN};

		curl_multi_perform(load->calls, &n_running);
		take_answers(load);
		load->summary->took_ns = (uint64_t)since(start_ns);
		if (n_running > 0 || load->summary->n_sent < load->options->n_requests)
			curl_multi_poll(load->calls, &signals, !load->is_stopped, wait_ms, NULL);
		load->is_stopped = load->is_stopped || signals.revents;
		show_progress(load, since(start_ns), &shown_s);
	} while (load->n_in_flight > 0 ||
		 (!load->is_stopped && load->summary->n_sent < load->options->n_requests));
	if (load->options->shows_progress)
		fprintf(stderr, "\r\033[K");
	return load->err;
}

/* Each session's id is "session-" and its number: one that a trace is easily found by. */
static int make_sessions(struct load *load)
{
	size_t n = load->options->n_sessions;

	load->sessions = calloc(n, sizeof(struct lt_baggage *));
	if (!load->sessions)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		char id[32];
		snprintf(id, sizeof(id), "session-%zu", i + 1);
		int err = lt_baggage_set(NULL, "session.id", id, NULL, &load->sessions[i]);
		if (err)
			return err;
	}
	return 0;
}

static int watch_signals(struct load *load)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	int err = pthread_sigmask(SIG_BLOCK, &signals, NULL);
	if (err)
		return -err;
	load->signals = signalfd(-1, &signals, SFD_CLOEXEC);
	return load->signals < 0 ? -errno : 0;
}

static void done(struct load *load)
{
	while (load->free) {
		struct visit *visit = load->free;
		load->free = visit->next;
		curl_easy_cleanup(visit->call);
		free(visit);
	}
	for (size_t i = 0; load->sessions && i < load->options->n_sessions; i++)
		lt_baggage_release(load->sessions[i]);
	free(load->sessions);
	curl_multi_cleanup(load->calls);
	if (load->signals >= 0)
		close(load->signals);
}

int load_run(const struct load_options *options, struct summary *ret_summary)
{
	struct load load = {.options = options, .summary = ret_summary, .signals = -1};
	int err = summary_init(ret_summary, options->n_requests);

	load.tracer = lt_tracer_get(NULL, "shop-load", SERVICES_VERSION);
	load.calls = curl_multi_init();
	if (!err)
		err = load.calls ? make_sessions(&load) : -ENOMEM;
	if (!err)
		err = watch_signals(&load);
	if (!err)
		err = run(&load);
	done(&load);
	return err;
}
