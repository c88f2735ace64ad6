/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.c - fetches traces from a query API. */
#include "show/fetch.h"

#include "store/intake.h"

#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CONNECT_TIMEOUT_MS 5000L
#define ANSWER_TIMEOUT_MS 30000L
#define RECENT_S 3600	   /* searched first; then the whole store */
#define CLOCK_SKEW_S 86400 /* allows for services whose clocks are ahead */
#define PATH_BYTES 1024
#define JAEGERS_OWN "jaeger" /* Jaeger traces its own queries */

struct fetcher {
	CURL *curl;
	char *url;   /* without a trailing slash */
	char *shown; /* the same without user and password */
	struct buffer body;
	char error[CURL_ERROR_SIZE];
};

/* Removes user and password from a URL in place, up to the last @: a password may have one. */
static void hide_user(char *url)
{
	char *host = strstr(url, "://");
	char *at = strrchr(url, '@');
	host = host ? host + 3 : url;
	if (at && at >= host)
		memmove(host, at + 1, strlen(at + 1) + 1);
}

int fetcher_new(const char *url, struct fetcher **ret_fetcher)
{
	struct fetcher *f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	buffer_init(&f->body, FETCH_BODY_MAX_BYTES);
	f->curl = curl_easy_init();
	f->url = strdup(url);
	f->shown = strdup(url);
	if (!f->curl || !f->url || !f->shown) {
		fetcher_free(f);
		return -ENOMEM;
	}
	size_t n = strlen(f->url);
	while (n && f->url[n - 1] == '/')
		f->url[--n] = '\0';
	strcpy(f->shown, f->url);
	hide_user(f->shown);
	*ret_fetcher = f;
	return 0;
}

void fetcher_free(struct fetcher *fetcher)
{
	if (fetcher) {
		curl_easy_cleanup(fetcher->curl);
		buffer_done(&fetcher->body);
		free(fetcher->url);
		free(fetcher->shown);
		free(fetcher);
	}
}

const char *fetcher_shown(const struct fetcher *fetcher)
{
	return fetcher->shown;
}

static size_t on_data(char *data, size_t size, size_t n, void *user)
{
	struct buffer *body = user;
	buffer_put(body, data, size * n);
	return body->failed ? 0 : size * n;
}

static int fail(char why[FETCH_WHY_BYTES], const struct fetcher *f, const char *what)
{
	snprintf(why, FETCH_WHY_BYTES, "%s: %s", f->shown, what);
	return -EIO;
}

/* Gets a path into f->body. */
static int get(struct fetcher *f, const char *path, char why[FETCH_WHY_BYTES])
{
	char url[PATH_BYTES + 1024];
	long status = 0;
	if ((size_t)snprintf(url, sizeof(url), "%s%s", f->url, path) >= sizeof(url))
		return fail(why, f, "the URL is too long");
	f->body.len = 0;
	f->body.failed = false;
	f->error[0] = '\0';
	curl_easy_setopt(f->curl, CURLOPT_URL, url);
	curl_easy_setopt(f->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(f->curl, CURLOPT_ERRORBUFFER, f->error);
	curl_easy_setopt(f->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(f->curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(f->curl, CURLOPT_TIMEOUT_MS, ANSWER_TIMEOUT_MS);
	curl_easy_setopt(f->curl, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(f->curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(f->curl, CURLOPT_WRITEDATA, &f->body);
	CURLcode code = curl_easy_perform(f->curl);
	if (code != CURLE_OK) {
		return fail(why, f,
			f->body.failed ? "the answer is too large"
			: *f->error    ? f->error
				       : curl_easy_strerror(code));
	}
	curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 404)
		return -ENOENT;
	if (status != 200) {
		snprintf(why, FETCH_WHY_BYTES, "%s: HTTP status %ld: %.*s", f->shown, status,
			(int)(f->body.len < 200 ? f->body.len : 200), f->body.data);
		return -EIO;
	}
	return 0;
}

/* Decodes the body, OTLP in JSON, into store. */
static int take_body(struct fetcher *f, struct store *store, char why[FETCH_WHY_BYTES])
{
	struct store_result result;
	char reason[OTLP_WHY_BYTES];
	if (intake(store, buffer_slice(&f->body), ENCODING_JSON, &result, reason)) {
		snprintf(why, FETCH_WHY_BYTES, "%s: the answer is not that of a trace backend: %s",
			f->shown, reason);
		return -EIO;
	}
	return 0;
}

int fetch_trace(
	struct fetcher *f, const char *trace_id, struct store *store, char ret_why[FETCH_WHY_BYTES])
{
	char path[PATH_BYTES];
	snprintf(path, sizeof(path), "/api/v3/traces/%.64s?raw_traces=true", trace_id);
	int err = get(f, path, ret_why);
	return err ? err : take_body(f, store, ret_why);
}

int fetch_raw(
	struct fetcher *f, const char *trace_id, struct buffer *out, char ret_why[FETCH_WHY_BYTES])
{
	char path[PATH_BYTES];
	snprintf(path, sizeof(path), "/api/traces/%.64s", trace_id);
	int err = get(f, path, ret_why);
	if (!err)
		buffer_put(out, f->body.data, f->body.len);
	return err;
}

static void print_time(time_t time_s, char text[32])
{
	struct tm tm;
	gmtime_r(&time_s, &tm);
	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* Fetches traces of one service that began at or after a time. */
static int fetch_since(struct fetcher *f, const char *service, unsigned n_traces, time_t since_s,
	struct store *store, char why[FETCH_WHY_BYTES])
{
	char path[PATH_BYTES], min[32], max[32];
	char *escaped = curl_easy_escape(f->curl, service, 0);
	if (!escaped)
		return fail(why, f, "out of memory");
	print_time(since_s, min);
	print_time(time(NULL) + CLOCK_SKEW_S, max);
	int n = snprintf(path, sizeof(path),
		"/api/v3/traces?query.service_name=%s&query.start_time_min=%s"
		"&query.start_time_max=%s&query.num_traces=%u&query.raw_traces=true",
		escaped, min, max, n_traces);
	curl_free(escaped);
	if ((size_t)n >= sizeof(path))
		return fail(why, f, "a service's name is too long");
	int err = get(f, path, why);
	return err ? err : take_body(f, store, why);
}

static int fetch_service(struct fetcher *f, const char *service, const struct fetch_filter *filter,
	struct store *store, char why[FETCH_WHY_BYTES])
{
	unsigned n = filter->n_traces;
	if (filter->since_s)
		return fetch_since(f, service, n, filter->since_s, store, why);
	int err = fetch_since(f, service, n, time(NULL) - RECENT_S, store, why);
	return err == -ENOENT ? fetch_since(f, service, n, 0, store, why) : err;
}

static int fetch_services(struct fetcher *f, const json_t *services,
	const struct fetch_filter *filter, struct store *store, char why[FETCH_WHY_BYTES])
{
	size_t i;
	json_t *name;
	int result = -ENOENT;
	json_array_foreach(services, i, name)
	{
		const char *service = json_string_value(name);
		bool is_own = service && strcmp(service, JAEGERS_OWN) == 0;
		if (!service || (is_own && json_array_size(services) > 1))
			continue;
		int err = fetch_service(f, service, filter, store, why);
		if (err && err != -ENOENT)
			return err;
		result = err ? result : 0;
	}
	return result;
}

int fetch_recent(struct fetcher *f, const struct fetch_filter *filter, struct store *store,
	char ret_why[FETCH_WHY_BYTES])
{
	if (filter->service)
		return fetch_service(f, filter->service, filter, store, ret_why);
	int err = get(f, "/api/v3/services", ret_why);
	if (err)
		return err == -ENOENT ? fail(ret_why, f, "it has no /api/v3/services") : err;
	json_error_t json_error;
	json_t *root = json_loadb(f->body.data, f->body.len, 0, &json_error);
	if (!json_is_object(root)) {
		json_decref(root);
		return fail(ret_why, f, "the answer is not that of a trace backend");
	}
	err = fetch_services(f, json_object_get(root, "services"), filter, store, ret_why);
	json_decref(root);
	return err;
}
