/* SPDX-License-Identifier: Apache-2.0 */
/* http_client.c - calls, each a curl handle that is reused; http_lanes.c runs them. */
#include "http_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "curl_memory.h"
#include "http_lanes.h"
#include "log.h"
#include "memory_limit.h"

#define SPARE_CALLS_MAX 1024	  /* handles kept for reuse, some 10 KB each */
#define SPARE_BODY_MAX_BYTES 4096 /* of the answer buffer kept with a handle */
#define RECEIVE_BUFFER_SIZE 2048  /* curl's default is 16 KB per call */
#define SEND_BUFFER_SIZE 16384 /* curl's least; from 8.7 on each call has one, 64 KB by default */
/* Age in seconds up to which an idle connection is reused: less than the 10 after which our
 * services close it (http_loop.c), so that a request seldom meets a closing connection. */
#define IDLE_CONNECTION_MAX_S 8L
/* Lifetime of a connection in seconds: its successor uses the name's current addresses. A busy
 * connection never idles, and without this limit a service's new pods would get no requests. */
#define CONNECTION_MAX_S 30L
/* Seconds that curl caches an address: long enough for many simultaneous connections. Open
 * connections need no lookup, and a cluster's name server is near and has a cache. */
#define ADDRESS_MAX_S 1L
/* Limit of lookup and connect within a call's time. An address that does not answer is abandoned
 * (after half of it if there is another); two lost SYNs fit. */
#define CONNECT_TIMEOUT_MS 3500L

struct http_call {
	struct http_client *client;
	CURL *easy;
	struct http_lane *lane; /* while the call runs */
	struct http_call *next_spare;
	struct curl_slist *headers; /* of this call; NULL: the client's */
	http_reply_cb on_reply;
	void *user;
	bool has_no_room; /* for its connection */
	char *body;	  /* of the answer; reused by later calls */
	size_t body_len, body_capacity;
};

struct http_client {
	struct http_lanes lanes;
	CURLU *url;
	long timeout_ms;
	unsigned lookup_ms; /* of the fault; 0: none */
	struct curl_slist *headers;
	struct http_call *spare_calls;
	size_t n_spare_calls;
};

/* --- the end of a call -------------------------------------------------------------------- */

static void call_free(struct http_call *call)
{
	curl_slist_free_all(call->headers);
	if (call->easy)
		curl_easy_cleanup(call->easy);
	free(call->body);
	free(call);
}

/* Returns a finished call to the spare ones, or frees it. */
static void call_put_back(struct http_call *call)
{
	struct http_client *client = call->client;

	if (client->n_spare_calls == SPARE_CALLS_MAX) {
		call_free(call);
		return;
	}
	if (call->headers) {
		curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, client->headers);
		curl_slist_free_all(call->headers);
		call->headers = NULL;
	}
	if (call->body_capacity > SPARE_BODY_MAX_BYTES) {
		free(call->body);
		call->body = NULL;
		call->body_capacity = 0;
	}
	call->next_spare = client->spare_calls;
	client->spare_calls = call;
	client->n_spare_calls++;
}

static enum http_call_error error_of(const struct http_call *call, CURLcode code)
{
	if (code != CURLE_OK && call->has_no_room)
		return HTTP_CALL_NO_ROOM;
	switch (code) {
	case CURLE_OK:
		return HTTP_CALL_OK;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_CALL_TIMEOUT;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return HTTP_CALL_UNREACHABLE;
	default:
		return HTTP_CALL_BROKEN;
	}
}

/* The transfer of one of the handles has ended. */
static void on_end(CURL *easy, CURLcode code)
{
	struct http_call *call;
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&call);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	http_lane_remove(call->lane, easy);
	struct http_reply reply = {
		.error = error_of(call, code),
		.reason = curl_easy_strerror(code),
		.status = (int)status,
		.body = call->body_len > 0 ? call->body : "",
		.body_len = call->body_len,
	};
	call->on_reply(call->user, &reply);
	call_put_back(call);
}

void http_call_cancel(struct http_call *call)
{
	if (!call)
		return;
	http_lane_remove(call->lane, call->easy);
	call_put_back(call);
}

static curl_socket_t on_open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_call *call = user;
	int fd = http_sockets_open(&call->client->lanes.sockets, address->family, address->socktype,
		address->protocol);
	/* Not EAFNOSUPPORT, say. */
	call->has_no_room |= fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM || fd == -ENOBUFS;
	return fd >= 0 ? fd : CURL_SOCKET_BAD;
}

static int on_close_socket(void *user, curl_socket_t fd)
{
	struct http_client *client = user;
	http_sockets_close(&client->lanes.sockets, fd);
	return 0;
}

/* --- the start of a call ------------------------------------------------------------------ */

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
	struct http_call *call = user;
	size_t len = size * n, need = call->body_len + len;

	if (need > HTTP_CLIENT_ANSWER_MAX_BYTES)
		return 0; /* makes curl fail the call */
	if (need > call->body_capacity) {
		size_t capacity = need < 512 ? 512 : need * 2;
		char *body = realloc(call->body, capacity);
		if (!body)
			return 0;
		call->body = body;
		call->body_capacity = capacity;
	}
	memcpy(call->body + call->body_len, bytes, len);
	call->body_len = need;
	return len;
}

static int on_lookup(void *resolver, void *reserved, void *user)
{
	const struct http_client *client = user;
	struct timespec time = {client->lookup_ms / 1000, client->lookup_ms % 1000 * 1000000};

	(void)resolver, (void)reserved;
	while (nanosleep(&time, &time) != 0 && errno == EINTR)
		;
	return 0;
}

void http_client_slow_down_lookups(struct http_client *client, unsigned ms)
{
	client->lookup_ms = ms;
}

static void set_up_lookups(struct http_call *call)
{
	curl_easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(call->easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(call->easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	curl_easy_setopt(call->easy, CURLOPT_RESOLVER_START_FUNCTION, on_lookup);
	curl_easy_setopt(call->easy, CURLOPT_RESOLVER_START_DATA, call->client);
}

/* Sets the options common to all calls. @return false when out of memory */
static bool set_up_easy(struct http_call *call)
{
	struct http_client *client = call->client;
	CURL *easy = call->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	/* Our own service: proxies of the environment do not apply. */
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, client->headers);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, client->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_MAX_S);
	curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, CONNECTION_MAX_S);
	curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, ADDRESS_MAX_S);
	curl_easy_setopt(easy, CURLOPT_DNS_SHUFFLE_ADDRESSES, 1L); /* a headless service's pods */
	/* A call that ends during its lookup detaches the resolver's thread; otherwise curl would
	 * join it and block the loop. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER_SIZE);
	curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BUFFER_SIZE);
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE, (long)HTTP_CLIENT_ANSWER_MAX_BYTES);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, client);
	if (client->lookup_ms > 0)
		set_up_lookups(call);
	/* A parsed URL: curl would parse and reassemble a string for each call. */
	return curl_easy_setopt(easy, CURLOPT_CURLU, client->url) == CURLE_OK;
}

static struct http_call *call_take(struct http_client *client)
{
	struct http_call *call = client->spare_calls;

	if (call) {
		client->spare_calls = call->next_spare;
		client->n_spare_calls--;
		call->body_len = 0;
		call->has_no_room = false;
		return call;
	}
	call = calloc(1, sizeof(*call));
	if (!call)
		return NULL;
	call->client = client;
	call->easy = curl_easy_init();
	if (!call->easy || !set_up_easy(call)) {
		call_free(call);
		return NULL;
	}
	return call;
}

/* Adds "name: value" to a list. @return false when out of memory */
static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
	char *line;

	if (asprintf(&line, "%s: %s", name, value) < 0)
		return false;
	struct curl_slist *longer = curl_slist_append(*list, line);
	free(line);
	if (!longer)
		return false;
	*list = longer;
	return true;
}

/* Disables Accept: curl writes a header byte by byte, and this one would not change the answer. */
static bool add_usual_headers(struct curl_slist **list)
{
	return add_header(list, "Content-Type", "application/json") &&
	       add_header(list, "Accept", "");
}

static bool set_headers(struct http_call *call, const struct http_header *headers, size_t n)
{
	if (n == 0)
		return true;
	bool ok = add_usual_headers(&call->headers);
	for (size_t i = 0; ok && i < n; i++)
		ok = add_header(&call->headers, headers[i].name, headers[i].value);
	if (ok)
		curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
	return ok;
}

struct http_call *http_client_post(struct http_client *client, h2o_iovec_t json,
	const struct http_header *headers, size_t n_headers, http_reply_cb on_reply, void *user)
{
	struct http_call *call = call_take(client);

	if (!call)
		return NULL;
	call->on_reply = on_reply;
	call->user = user;
	curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, json.base);
	curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE, (long)json.len);
	if (!set_headers(call, headers, n_headers) ||
		!(call->lane = http_lanes_add(&client->lanes, call->easy))) {
		call_put_back(call);
		return NULL;
	}
	return call;
}

/* --- the client --------------------------------------------------------------------------- */

int http_client_global_init(void)
{
	int err = curl_memory_global_init();

	if (err)
		return err;
	if (!(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS))
		log_warn(
			"this libcurl looks up names one at a time: a slow one delays all requests",
			LOG_NO_FIELDS);
	return 0;
}

static bool has_part(CURLU *url, CURLUPart what)
{
	char *part = NULL;
	bool has = curl_url_get(url, what, &part, 0) == CURLUE_OK && *part;
	curl_free(part);
	return has;
}

static bool is_http(CURLU *url)
{
	char *scheme = NULL;
	bool is = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		  (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
	curl_free(scheme);
	return is;
}

char *http_client_url(const char *base, const char *path)
{
	CURLU *url = curl_url();
	char *full = NULL;
	size_t len = strlen(base);

	if (url && curl_url_set(url, CURLUPART_URL, base, 0) == CURLUE_OK && is_http(url) &&
		has_part(url, CURLUPART_HOST) && !has_part(url, CURLUPART_QUERY) &&
		!has_part(url, CURLUPART_FRAGMENT) && !has_part(url, CURLUPART_USER)) {
		while (len > 0 && base[len - 1] == '/')
			len--;
		if (asprintf(&full, "%.*s%s", (int)len, base, path) < 0)
			full = NULL;
	}
	curl_url_cleanup(url);
	return full;
}

static void free_spare_calls(struct http_client *client, size_t n_left)
{
	while (client->n_spare_calls > n_left) {
		struct http_call *call = client->spare_calls;
		client->spare_calls = call->next_spare;
		client->n_spare_calls--;
		call_free(call);
	}
}

/* Nearly all connections have been closed. */
static void on_rush_over(struct http_lanes *lanes)
{
	struct http_client *client = H2O_STRUCT_FROM_MEMBER(struct http_client, lanes, lanes);

	free_spare_calls(client, HTTP_LANE_CALLS);
	curl_memory_trim();
	memory_give_back();
}

int http_client_new(
	h2o_loop_t *loop, const char *url, unsigned timeout_ms, struct http_client **ret_client)
{
	struct http_client *client = calloc(1, sizeof(*client));
	int err = -ENOMEM;

	if (!client)
		return err;
	curl_memory_keep();
	client->timeout_ms = timeout_ms;
	client->url = curl_url();
	if (!client->url || curl_url_set(client->url, CURLUPART_URL, url, 0) != CURLUE_OK ||
		!add_usual_headers(&client->headers) ||
		(err = http_lanes_start(
			 &client->lanes, loop, IDLE_CONNECTION_MAX_S * 1000, on_end)) != 0) {
		http_client_free(client);
		return err;
	}
	client->lanes.on_rush_over = on_rush_over;
	*ret_client = client;
	return 0;
}

void http_client_free(struct http_client *client)
{
	if (!client)
		return;
	free_spare_calls(client, 0);
	http_lanes_stop(&client->lanes);
	curl_slist_free_all(client->headers);
	curl_url_cleanup(client->url);
	free(client);
	curl_memory_release();
}
