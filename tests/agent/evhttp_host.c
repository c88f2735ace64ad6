/* SPDX-License-Identifier: Apache-2.0 */
/* evhttp_host.c - a server without tracing code that uses libevent's evhttp in all ways that the
 * agent must support.
 *
 *   evhttp_host PORT [no-generic]
 *
 * Each answer that has been written prints a line, each connection that goes before one likewise;
 * /free frees the server in its own callback, with a request open. */
#include <curl/curl.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct event_base *base;
static struct evhttp *http, *other; /* other: a virtual host */
static struct evhttp_request *kept;
static int n_chunks;

static void print_path(struct evhttp_request *req, void *user)
{
	printf("%s %s\n", (const char *)user, evhttp_request_get_uri(req));
}

static void on_close(struct evhttp_connection *connection, void *user)
{
	puts("closed");
}

static void answer(struct evhttp_request *req, int code, const char *body)
{
	struct evbuffer *buffer = evbuffer_new();

	evbuffer_add_printf(buffer, "%s", body);
	evhttp_request_set_on_complete_cb(req, print_path, (void *)"written");
	evhttp_send_reply(req, code, NULL, buffer);
	evbuffer_free(buffer);
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	answer(user, 200, "later\n");
}

static void soon(event_callback_fn function, void *user)
{
	const struct timeval wait = {.tv_usec = 1000};

	event_base_once(base, -1, EV_TIMEOUT, function, user, &wait);
}

/* --- callbacks of paths --- */

static void on_hello(struct evhttp_request *req, void *user)
{
	answer(req, 200, user);
}

static void on_later(struct evhttp_request *req, void *user)
{
	evhttp_connection_set_closecb(evhttp_request_get_connection(req), on_close, NULL);
	soon(on_timer, req);
}

static void on_chunk_timer(evutil_socket_t fd, short what, void *user)
{
	struct evbuffer *buffer = evbuffer_new();

	evbuffer_add_printf(buffer, "chunk %d\n", n_chunks);
	evhttp_send_reply_chunk(user, buffer);
	evbuffer_free(buffer);
	if (++n_chunks < 3)
		soon(on_chunk_timer, user);
	else
		evhttp_send_reply_end(user);
}

static void on_chunks(struct evhttp_request *req, void *user)
{
	n_chunks = 0;
	evhttp_request_set_on_complete_cb(req, print_path, (void *)"chunks");
	evhttp_send_reply_start(req, 200, "OK");
	soon(on_chunk_timer, req);
}

static void on_endless_timer(evutil_socket_t fd, short what, void *user)
{
	struct evbuffer *buffer = evbuffer_new();

	if (!evhttp_request_get_connection(user)) {
		evhttp_send_reply_end(user); /* which frees it */
		puts("given up");
	} else {
		evbuffer_add_printf(buffer, "more\n");
		evhttp_send_reply_chunk(user, buffer);
		soon(on_endless_timer, user);
	}
	evbuffer_free(buffer);
}

static void on_endless(struct evhttp_request *req, void *user)
{
	evhttp_connection_set_closecb(evhttp_request_get_connection(req), on_close, NULL);
	evhttp_send_reply_start(req, 200, "OK");
	soon(on_endless_timer, req);
}

static void on_upload(struct evhttp_request *req, void *user)
{
	char body[64];

	snprintf(body, sizeof(body), "%zu\n",
		evbuffer_get_length(evhttp_request_get_input_buffer(req)));
	answer(req, 201, body);
}

static void on_failed(struct evhttp_request *req, void *user)
{
	evhttp_request_set_on_complete_cb(req, print_path, (void *)"failed");
	evhttp_send_error(req, 503, "No");
}

/* Nobody answers until the client has gone. */
static void on_gone_timer(evutil_socket_t fd, short what, void *user)
{
	if (evhttp_request_get_connection(user)) {
		soon(on_gone_timer, user);
		return;
	}
	evhttp_send_reply(user, 200, "OK", NULL);
	puts("too late");
}

static void on_gone(struct evhttp_request *req, void *user)
{
	evhttp_connection_set_closecb(evhttp_request_get_connection(req), on_close, NULL);
	/* Otherwise evhttp only notices in writing. */
	bufferevent_enable(
		evhttp_connection_get_bufferevent(evhttp_request_get_connection(req)), EV_READ);
	evhttp_request_own(req);
	puts("waiting");
	soon(on_gone_timer, req);
}

static void on_dropped(struct evhttp_request *req, void *user)
{
	evhttp_connection_free(evhttp_request_get_connection(req));
	puts("dropped");
}

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	strncat(user, data, n);
	return n;
}

static void on_call(struct evhttp_request *req, void *user)
{
	const char *to = strchr(evhttp_request_get_uri(req), '=') + 1;
	char body[1024] = "";
	CURL *curl = curl_easy_init();

	curl_easy_setopt(curl, CURLOPT_URL, to);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body[0]);
	CURLcode code = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	answer(req, code == CURLE_OK ? 200 : 502, body);
}

/* It removes itself, and is there again with another argument. */
static void on_once(struct evhttp_request *req, void *user)
{
	answer(req, evhttp_del_cb(http, "/once") == 0 ? 200 : 500, user);
	evhttp_set_cb(http, "/once", on_hello, (void *)"again\n");
}

static void on_own(struct evhttp_request *req, void *user)
{
	evhttp_add_header(evhttp_request_get_output_headers(req), "Traceresponse", "its own");
	answer(req, 200, "own\n");
}

static void on_keep(struct evhttp_request *req, void *user)
{
	kept = req;
	puts("kept");
}

static void on_free(struct evhttp_request *req, void *user)
{
	evhttp_free(http);
	http = NULL;
	puts("freed");
	event_base_loopexit(base, NULL);
}

static void on_generic(struct evhttp_request *req, void *user)
{
	if (strncmp(evhttp_request_get_uri(req), "/readyz", 7) == 0)
		evhttp_send_reply(req, 200, "OK", NULL);
	else
		answer(req, 200, user);
}

static void on_ready(struct evhttp_request *req, void *user)
{
	evhttp_send_reply(req, 200, "OK", NULL);
}

static void on_signal(evutil_socket_t fd, short what, void *user)
{
	event_base_loopexit(base, NULL);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	base = event_base_new();
	struct event *stops = evsignal_new(base, SIGTERM, on_signal, NULL);
	evsignal_add(stops, NULL);
	http = evhttp_new(base);
	if (argc < 3) {
		evhttp_set_gencb(http, on_hello, (void *)"replaced\n");
		evhttp_set_gencb(http, on_generic, (void *)"generic\n");
	}
	evhttp_set_cb(http, "/readyz", on_ready, NULL);
	evhttp_set_cb(http, "/hello", on_hello, (void *)"hello\n");
	if (evhttp_set_cb(http, "/hello", on_failed, NULL) == 0)
		return 3;
	evhttp_set_cb(http, "/later", on_later, NULL);
	evhttp_set_cb(http, "/chunks", on_chunks, NULL);
	evhttp_set_cb(http, "/endless", on_endless, NULL);
	evhttp_set_cb(http, "/upload", on_upload, NULL);
	evhttp_set_cb(http, "/failed", on_failed, NULL);
	evhttp_set_cb(http, "/gone", on_gone, NULL);
	evhttp_set_cb(http, "/dropped", on_dropped, NULL);
	evhttp_set_cb(http, "/call", on_call, NULL);
	evhttp_set_cb(http, "/once", on_once, (void *)"once\n");
	evhttp_set_cb(http, "/own", on_own, NULL);
	evhttp_set_cb(http, "/keep", on_keep, NULL);
	evhttp_set_cb(http, "/free", on_free, NULL);
	other = evhttp_new(base);
	evhttp_set_cb(other, "/there", on_hello, (void *)"there\n");
	evhttp_add_virtual_host(http, "other.example", other);
	evhttp_set_max_body_size(http, 100000);
	if (evhttp_bind_socket(http, "127.0.0.1", (ev_uint16_t)atoi(argv[1])) != 0)
		return 1;
	event_base_dispatch(base);
	if (http)
		evhttp_free(http);
	event_free(stops);
	event_base_free(base);
	curl_global_cleanup();
	return 0;
}
