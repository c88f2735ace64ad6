/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_host.c - a server with no tracing code, for the agent to be tried on.
 *
 *   h2o_host PORT [UPSTREAM_URL]     one event loop on 127.0.0.1; ends with SIGTERM, exit code 0
 *
 * GET /hello     200 at once             GET /late      200 after 50 ms, on a timer
 * GET /fail      503                     GET /silent    no answer ever
 * GET /upstream  200 with UPSTREAM_URL's answer, by curl's multi interface on the same loop
 * GET /chain     the same, and the completion of the first transfer starts a second one
 * any /echo      200 with the request's method and headers, a line each
 * GET /redirect  302 to /echo
 * GET /own       200 with a traceresponse header of its own
 * GET /moved     reprocessed inside h2o as /hello
 * a body over 1,000 bytes: 413, by h2o itself
 */
#include "h2o_compat.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <h2o/http1.h>
#include <h2o/http2.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define POLL_MS 2
#define LATE_MS 50

static h2o_globalconf_t config;
static h2o_context_t context;
static h2o_accept_ctx_t accept_context;
static struct delay late, poll_delay;
static struct timer poll_timer;
static CURLM *multi;
static const char *upstream_url;
static volatile sig_atomic_t must_stop;

static void on_signal(int number)
{
	must_stop = 1;
}

static void answer(h2o_req_t *req, int status, const char *text)
{
	static h2o_generator_t generator;
	h2o_iovec_t body = h2o_iovec_init(text, strlen(text));

	req->res.status = status;
	req->res.reason = "Reason";
	req->res.content_length = body.len;
	h2o_start_response(req, &generator);
	h2o_send(req, &body, 1, H2O_SEND_STATE_FINAL);
}

static int on_hello(h2o_handler_t *self, h2o_req_t *req)
{
	answer(req, 200, "hello\n");
	return 0;
}

static int on_fail(h2o_handler_t *self, h2o_req_t *req)
{
	answer(req, 503, "no\n");
	return 0;
}

static int on_echo(h2o_handler_t *self, h2o_req_t *req)
{
	static h2o_generator_t generator;
	h2o_iovec_t lines[H2O_MAX_HEADERS * 4 + 2];
	size_t n = 0;

	lines[n++] = req->method;
	lines[n++] = h2o_iovec_init(H2O_STRLIT("\n"));
	for (size_t i = 0; i < req->headers.size; i++) {
		lines[n++] = *req->headers.entries[i].name;
		lines[n++] = h2o_iovec_init(H2O_STRLIT(": "));
		lines[n++] = req->headers.entries[i].value;
		lines[n++] = h2o_iovec_init(H2O_STRLIT("\n"));
	}
	h2o_iovec_t body = {.base = compat_alloc_text(req, 16384)};
	for (size_t i = 0; i < n && body.len + lines[i].len <= 16384; i++) {
		memcpy(body.base + body.len, lines[i].base, lines[i].len);
		body.len += lines[i].len;
	}
	req->res.status = 200;
	req->res.reason = "OK";
	req->res.content_length = body.len;
	h2o_start_response(req, &generator);
	h2o_send(req, &body, 1, H2O_SEND_STATE_FINAL);
	return 0;
}

static int on_redirect(h2o_handler_t *self, h2o_req_t *req)
{
	h2o_add_header_by_str(&req->pool, &req->res.headers, H2O_STRLIT("location"), 1, NULL,
		H2O_STRLIT("/echo"));
	answer(req, 302, "there\n");
	return 0;
}

static int on_silent(h2o_handler_t *self, h2o_req_t *req)
{
	return 0;
}

static int on_own(h2o_handler_t *self, h2o_req_t *req)
{
	h2o_add_header_by_str(&req->pool, &req->res.headers, H2O_STRLIT("traceresponse"), 0, NULL,
		H2O_STRLIT("00-own"));
	answer(req, 200, "own\n");
	return 0;
}

static int on_moved(h2o_handler_t *self, h2o_req_t *req)
{
	h2o_reprocess_request_deferred(req, req->method, req->scheme, req->authority,
		h2o_iovec_init(H2O_STRLIT("/hello")), NULL, 0);
	return 0;
}

struct waiting { /* a request that is answered by a timer */
	struct timer timer;
	h2o_req_t *req;
};

static void stop_waiting(void *object)
{
	struct waiting *waiting = object;

	timer_stop(&waiting->timer);
}

static void answer_late(struct timer *timer)
{
	answer(H2O_STRUCT_FROM_MEMBER(struct waiting, timer, timer)->req, 200, "late\n");
}

static int on_late(h2o_handler_t *self, h2o_req_t *req)
{
	struct waiting *waiting = h2o_mem_alloc_shared(&req->pool, sizeof(*waiting), stop_waiting);

	*waiting = (struct waiting){.req = req};
	timer_start(&waiting->timer, &late, answer_late);
	return 0;
}

struct proxied { /* a request that is answered by a transfer; part of the request's pool */
	h2o_req_t *req;
	CURL *easy;
	int n_left; /* transfers still to start */
	char body[4096];
	size_t len;
};

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	struct proxied *proxied = user;
	const size_t room = sizeof(proxied->body) - 1 - proxied->len;

	if (n > room)
		return 0;
	memcpy(proxied->body + proxied->len, data, n);
	proxied->len += n;
	return n;
}

static void stop_transfer(void *object)
{
	struct proxied *proxied = object;

	if (proxied->easy) {
		curl_multi_remove_handle(multi, proxied->easy);
		curl_easy_cleanup(proxied->easy);
	}
}

static void start_transfer(struct proxied *proxied)
{
	proxied->n_left--;
	proxied->easy = curl_easy_init();
	curl_easy_setopt(proxied->easy, CURLOPT_URL, upstream_url);
	curl_easy_setopt(proxied->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(proxied->easy, CURLOPT_WRITEDATA, proxied);
	curl_easy_setopt(proxied->easy, CURLOPT_PRIVATE, proxied);
	curl_easy_setopt(proxied->easy, CURLOPT_TIMEOUT_MS, 3000L);
	curl_multi_add_handle(multi, proxied->easy);
}

static int start_proxied(h2o_req_t *req, int n)
{
	struct proxied *proxied = h2o_mem_alloc_shared(&req->pool, sizeof(*proxied), stop_transfer);

	*proxied = (struct proxied){.req = req, .n_left = n};
	start_transfer(proxied);
	return 0;
}

static int on_upstream(h2o_handler_t *self, h2o_req_t *req)
{
	return start_proxied(req, 1);
}

static int on_chain(h2o_handler_t *self, h2o_req_t *req)
{
	return start_proxied(req, 2);
}

static void on_poll(struct timer *timer)
{
	CURLMsg *message;
	int n_running, n_left;

	curl_multi_perform(multi, &n_running);
	while ((message = curl_multi_info_read(multi, &n_left))) {
		CURL *easy = message->easy_handle;
		const CURLcode result = message->data.result;
		struct proxied *proxied;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&proxied);
		curl_multi_remove_handle(multi, easy);
		curl_easy_cleanup(easy);
		proxied->easy = NULL;
		if (result == CURLE_OK && proxied->n_left)
			start_transfer(proxied);
		else
			answer(proxied->req, result == CURLE_OK ? 200 : 502,
				result == CURLE_OK ? proxied->body : "bad gateway\n");
	}
	timer_start(&poll_timer, &poll_delay, on_poll);
}

static void add_route(
	h2o_hostconf_t *host, const char *path, int (*handle)(h2o_handler_t *, h2o_req_t *))
{
	h2o_pathconf_t *pathconf = h2o_config_register_path(host, path, 0);

	h2o_create_handler(pathconf, sizeof(h2o_handler_t))->on_req = handle;
}

static void on_accept(h2o_socket_t *listener, const char *err)
{
	h2o_socket_t *sock = err ? NULL : h2o_evloop_socket_accept(listener);

	if (sock)
		h2o_accept(&accept_context, sock);
}

static int listen_on(int port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) ||
		listen(fd, SOMAXCONN)) {
		perror("h2o_host: listen");
		return -1;
	}
	return fd;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: h2o_host PORT [UPSTREAM_URL]\n");
		return 2;
	}
	upstream_url = argc > 2 ? argv[2] : "http://127.0.0.1:1/";
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	multi = curl_multi_init();

	h2o_config_init(&config);
	config.max_request_entity_size = 1000;
	h2o_hostconf_t *host = h2o_config_register_host(
		&config, h2o_iovec_init(H2O_STRLIT("127.0.0.1")), (uint16_t)atoi(argv[1]));
	add_route(host, "/hello", on_hello);
	add_route(host, "/late", on_late);
	add_route(host, "/fail", on_fail);
	add_route(host, "/silent", on_silent);
	add_route(host, "/own", on_own);
	add_route(host, "/echo", on_echo);
	add_route(host, "/redirect", on_redirect);
	add_route(host, "/moved", on_moved);
	add_route(host, "/upstream", on_upstream);
	add_route(host, "/chain", on_chain);
	add_route(host, "/slash/", on_hello);

	h2o_loop_t *loop = h2o_evloop_create();
	h2o_context_init(&context, loop, &config);
	accept_context = (h2o_accept_ctx_t){.ctx = &context, .hosts = config.hosts};
	delay_init(&late, loop, LATE_MS);
	delay_init(&poll_delay, loop, POLL_MS);
	timer_start(&poll_timer, &poll_delay, on_poll);

	int fd = listen_on(atoi(argv[1]));
	if (fd < 0)
		return 1;
	h2o_socket_t *listener = h2o_evloop_socket_create(loop, fd, H2O_SOCKET_FLAG_DONT_READ);
	h2o_socket_read_start(listener, on_accept);
	while (!must_stop)
		h2o_evloop_run(loop, 100);
	h2o_socket_close(listener);
	return 0;
}
