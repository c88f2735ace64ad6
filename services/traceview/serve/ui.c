/* SPDX-License-Identifier: Apache-2.0 */
/* ui.c - handles the requests of the query port. */
#include "serve/ui.h"

#include "faults.h"
#include "http_answer.h"
#include "http_peers.h"
#include "query/clean_path.h"
#include "query/query.h"
#include "serve/http_send.h"
#include "serve/page.h"

#define STATS_MAX_BYTES ((size_t)64 * 1024)
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

static bool starts_with(struct lt_slice text, const char *prefix)
{
	size_t n = strlen(prefix);
	return text.len >= n && memcmp(text.ptr, prefix, n) == 0;
}

static enum query_method method_of(const h2o_req_t *req)
{
	h2o_iovec_t method = req->method;
	return h2o_memis(method.base, method.len, H2O_STRLIT("GET")) ||
			       h2o_memis(method.base, method.len, H2O_STRLIT("HEAD"))
		       ? QUERY_GET
	       : h2o_memis(method.base, method.len, H2O_STRLIT("POST")) ? QUERY_POST
									: QUERY_OTHER_METHOD;
}

static void answer_api(
	h2o_req_t *req, const struct store *store, struct lt_slice path, struct lt_slice query)
{
	struct answer answer;
	query_answer(store, method_of(req), path, query, &answer);
	http_send_header(req, "cache-control", "no-store");
	if (answer.allow)
		http_send_header(req, "allow", answer.allow);
	http_send(req, answer.status, "application/json", &answer.body);
}

static void answer_stats(h2o_req_t *req, const struct stats_source *source, const char *type,
	void (*write)(struct buffer *out, const struct stats_source *source))
{
	struct buffer body;
	buffer_init(&body, STATS_MAX_BYTES);
	write(&body, source);
	http_send_header(req, "cache-control", "no-store");
	http_send(req, 200, type, &body);
}

/* Sends to the same path without empty or dotted segments, as Jaeger does. */
static void answer_moved(h2o_req_t *req, const struct buffer *clean, size_t path_len)
{
	size_t rest = req->path.len - path_len; /* the query, with its '?' */
	char *to = compat_alloc_text(req, clean->len + rest);
	memcpy(to, clean->data, clean->len);
	memcpy(to + clean->len, req->path.base + path_len, rest);
	h2o_add_header(
		&req->pool, &req->res.headers, H2O_TOKEN_LOCATION, NULL, to, clean->len + rest);
	http_send_text(req, 301, "301 moved permanently\n");
}

/* The value of a request's header; empty when it has none. */
static struct lt_slice header(h2o_req_t *req, const char *name)
{
	ssize_t at = h2o_find_header_by_str(&req->headers, name, strlen(name), -1);
	if (at < 0)
		return lt_slice("");
	return (struct lt_slice){
		req->headers.entries[at].value.base, req->headers.entries[at].value.len};
}

static void answer_page(
	h2o_req_t *req, int status, const struct site *site, const struct page_file *file)
{
	struct lt_slice content = site_page(site, file);
	struct lt_slice known = header(req, "if-none-match");
	http_send_header(req, "content-security-policy", site->policy);
	http_send_header(req, "cache-control", "no-cache");
	http_send_header(req, "etag", file->etag);
	if (status == 200 && h2o_memis(known.ptr, known.len, file->etag, strlen(file->etag)))
		http_answer_as(req, 304, file->type, "", 0);
	else
		http_answer_as(req, status, file->type, content.ptr, content.len);
}

/* Browsers get the page also for wrong paths; programs get an error. */
static void answer_nothing(h2o_req_t *req, const struct site *site)
{
	struct lt_slice accept = header(req, "accept");
	if (memmem(accept.ptr, accept.len, "text/html", strlen("text/html")))
		answer_page(req, 404, site, page_index());
	else
		http_error(req, 404, "not_found", "there is nothing at this path");
}

static bool is(struct lt_slice path, const char *text)
{
	return h2o_memis(path.ptr, path.len, text, strlen(text));
}

/* traceview's own paths; the rest of /api/ is Jaeger's. */
static bool is_own(struct lt_slice path)
{
	return !starts_with(path, "/api/") || is(path, "/api/traceview/stats");
}

static void answer_get(h2o_req_t *req, const struct site *site, const struct stats_source *source,
	struct lt_slice path)
{
	const struct page_file *file = page_find(path);
	if (is(path, "/api/traceview/stats"))
		answer_stats(req, source, "application/json", stats_write_json);
	else if (is(path, "/metrics"))
		answer_stats(req, source, METRICS_TYPE, stats_write_metrics);
	else if (file)
		answer_page(req, 200, site, file);
	else if (is(path, "/healthz"))
		http_answer(req, 200, H2O_STRLIT("{\"status\":\"ok\"}"));
	else if (!is(path, "/readyz"))
		answer_nothing(req, site);
	else if (req->conn->ctx->shutdown_requested)
		http_error(req, 503, "draining", "traceview is shutting down");
	else
		http_answer(req, 200, H2O_STRLIT("{\"status\":\"ready\"}"));
}

/* Health checks are answered with and without the prefix. */
static bool is_health(struct lt_slice path)
{
	return is(path, "/healthz") || is(path, "/readyz");
}

static const char one_fault[] = "/faults/";

static bool is_of_faults(struct lt_slice path)
{
	return is(path, "/faults") || starts_with(path, one_fault);
}

static void answer_faults(h2o_req_t *req, struct lt_slice path)
{
	bool is_list = is(path, "/faults");
	size_t before = strlen(one_fault);
	if (is_list ? method_of(req) != QUERY_GET
		    : !h2o_memis(req->method.base, req->method.len, H2O_STRLIT("PUT"))) {
		const char *allow = is_list ? "GET, HEAD" : "PUT";
		http_send_header(req, "allow", allow);
		http_errorf(req, 405, "method_not_allowed", "this path allows %s only", allow);
	} else if (is_list) {
		faults_list(req);
	} else {
		faults_put_name(req, h2o_iovec_init(path.ptr + before, path.len - before));
	}
}

void ui_answer(h2o_req_t *req, const struct site *site, const struct stats_source *source)
{
	size_t path_len = req->query_at == SIZE_MAX ? req->path.len : req->query_at;
	size_t query_at = path_len < req->path.len ? path_len + 1 : path_len;
	struct lt_slice path = {req->path.base, path_len};
	struct lt_slice host = {req->authority.base, req->authority.len};
	struct lt_slice query = {req->path.base + query_at, req->path.len - query_at};
	struct buffer clean;
	buffer_init(&clean, path_len + 1);
	http_send_header(req, "x-content-type-options", "nosniff");
	if (!is_health(path) && !site_has_host(site, host)) {
		http_error(req, 403, "unknown_host",
			"Host is not a name of this server: set TRACEVIEW_HOSTS to it, or to *");
	} else if (!is_health(path) && http_peers_shed(req)) {
		http_answer_busy(req, "too many requests are in flight");
	} else if (!clean_path(path, &clean)) {
		answer_moved(req, &clean, path_len);
	} else if (is(path, site->base)) {
		buffer_puts(&clean, "/");
		answer_moved(req, &clean, path_len);
	} else if (!site_strip(site, &path) && !is_health(path)) {
		http_error(req, 404, "not_found", "all paths begin with TRACEVIEW_BASE_PATH");
	} else if (site->has_faults && is_of_faults(path)) {
		answer_faults(req, path);
	} else if (!is_own(path)) {
		answer_api(req, source->receiver->store, path, query);
	} else if (method_of(req) == QUERY_GET) {
		answer_get(req, site, source, path);
	} else {
		http_send_header(req, "allow", "GET, HEAD");
		http_error(req, 405, "method_not_allowed", "this port allows GET and HEAD only");
	}
	buffer_done(&clean);
}
