/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_host.c - a server without tracing code, to test the agent with.
 *
 *   h2o_host PORT [UPSTREAM_URL]     one event loop on 127.0.0.1, or on a Unix socket where PORT is
 *                                    a path; ends with SIGTERM, exit code 0
 *
 * GET /hello     200 at once             GET /late      200 after 50 ms, on a timer
 * GET /fail      503                     GET /silent    no answer ever
 * GET /upstream  200 with UPSTREAM_URL's answer, by curl's multi interface on the same loop
 * GET /timed     the same from a timer's callback, after TIMED_MS
 * GET /beat      200; a timer does it, and sets itself again, N_BEATS times
 * GET /thread    200 at once, while a thread that it starts asks UPSTREAM_URL; /thrd: C11's
 * GET /stopped   200; a timer that would do it is stopped, and set again outside of the request
 *                (all of these with the request's query)
 * GET /chain     the same, and the completion of the first transfer starts a second one
 * any /echo      200 with the request's method and headers, a line each
 * GET /redirect  302 to /echo
 * GET /own       200 with a traceresponse header of its own
 * GET /moved     reprocessed inside h2o as /hello
 * GET /big       200 with BIG_BYTES at once, with their length; /big-unsized: without it
 * GET /stream    200 with a part and another one each time the last is written, for ever
 * GET /gives-up  200 with a part, then an error; /short: with less than its Content-Length
 * GET /begins    200 begun, nothing of it sent, ever
 * GET /switch    101 to a protocol that is over at once
 * GET /push      200, and /hello, /begins and /fail pushed to a client of HTTP/2
 * any /proxied   by h2o's own proxy, from PROXIED_PORT of 127.0.0.1 (environment), path and all, or
 *                from where its X-Reproxy-URL says
 * a body over 1,000 bytes: 413, by h2o itself
 */
#include "h2o_compat.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <h2o/http1.h>
#include <h2o/http2.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <threads.h>
#include <unistd.h>

#define POLL_MS 2
#define LATE_MS 50
#define TIMED_MS 30
#define N_BEATS 3
#define PROXY_MS 2000
#define BIG_BYTES (8 << 20) /* more than a socket takes at once */

static h2o_globalconf_t config;
static h2o_context_t context;
static h2o_accept_ctx_t accept_context;
static struct delay late, timed, poll_delay;
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

static char big[BIG_BYTES];

static void answer_big(h2o_req_t *req, size_t content_length)
{
	static h2o_generator_t generator;
	h2o_iovec_t body = {big, sizeof(big)};

	req->res.status = 200;
	req->res.reason = "OK";
	req->res.content_length = content_length;
	h2o_start_response(req, &generator);
	h2o_send(req, &body, 1, H2O_SEND_STATE_FINAL);
}

static int on_big(h2o_handler_t *self, h2o_req_t *req)
{
	answer_big(req, sizeof(big));
	return 0;
}

static int on_big_unsized(h2o_handler_t *self, h2o_req_t *req)
{
	answer_big(req, SIZE_MAX);
	return 0;
}

/* Parts of an answer; the next one is requested when the last one is written. */
static void begin_parts(h2o_req_t *req, h2o_generator_t *generator)
{
	h2o_iovec_t body = {big, 1000};

	req->res.status = 200;
	req->res.reason = "OK";
	h2o_start_response(req, generator);
	h2o_send(req, &body, 1, H2O_SEND_STATE_IN_PROGRESS);
}

static void send_more(h2o_generator_t *generator, h2o_req_t *req)
{
	h2o_iovec_t body = {big, 1 << 16};

	h2o_send(req, &body, 1, H2O_SEND_STATE_IN_PROGRESS);
}

static int on_stream(h2o_handler_t *self, h2o_req_t *req)
{
	static h2o_generator_t generator = {.proceed = send_more};

	begin_parts(req, &generator);
	return 0;
}

static void give_up(h2o_generator_t *generator, h2o_req_t *req)
{
	h2o_send(req, NULL, 0, H2O_SEND_STATE_ERROR);
}

static int on_gives_up(h2o_handler_t *self, h2o_req_t *req)
{
	static h2o_generator_t generator = {.proceed = give_up};

	begin_parts(req, &generator);
	return 0;
}

static int on_short(h2o_handler_t *self, h2o_req_t *req)
{
	static h2o_generator_t generator;
	h2o_iovec_t body = {big, 3};

	req->res.status = 200;
	req->res.reason = "OK";
	req->res.content_length = 4;
	h2o_start_response(req, &generator);
	h2o_send(req, &body, 1, H2O_SEND_STATE_FINAL);
	return 0;
}

static int on_begins(h2o_handler_t *self, h2o_req_t *req)
{
	static h2o_generator_t generator = {.proceed = send_more};

	req->res.status = 200;
	req->res.reason = "OK";
	h2o_start_response(req, &generator);
	return 0;
}

static void on_switched(void *user, h2o_socket_t *sock, size_t n_read)
{
	if (sock)
		h2o_socket_close(sock);
}

static int on_switch(h2o_handler_t *self, h2o_req_t *req)
{
	req->res.status = 101;
	req->res.reason = "Switching Protocols";
	h2o_http1_upgrade(req, NULL, 0, on_switched, NULL);
	return 0;
}

static int on_push(h2o_handler_t *self, h2o_req_t *req)
{
	static const char links[] =
		"</hello>; rel=preload, </begins>; rel=preload, </fail>; rel=preload";

	h2o_push_path_in_link_header(req, H2O_STRLIT(links));
	answer(req, 200, "pushed\n");
	return 0;
}

static void add_proxy(h2o_pathconf_t *pathconf, const char *port)
{
	h2o_proxy_config_vars_t vars = {.io_timeout = PROXY_MS};
	char text[64];
	h2o_url_t url;

	snprintf(text, sizeof(text), "http://127.0.0.1:%s/", port);
#if H2O_LIBRARY_VERSION_MINOR > 13
	vars.connect_timeout = vars.first_byte_timeout = vars.keepalive_timeout = PROXY_MS;
	vars.max_buffer_size = SIZE_MAX;
	vars.tunnel_enabled = 1;
	h2o_url_parse(NULL, text, strlen(text), &url);
	h2o_socketpool_target_t *target = h2o_socketpool_create_target(&url, NULL);
	h2o_socketpool_t *pool = calloc(1, sizeof(*pool));
	h2o_socketpool_init_specific(pool, 1, &target, 1, NULL);
	h2o_proxy_register_reverse_proxy(pathconf, &vars, pool);
#else
	vars.websocket.enabled = 1;
	vars.websocket.timeout = PROXY_MS;
	h2o_url_parse(text, strlen(text), &url);
	h2o_proxy_register_reverse_proxy(pathconf, &url, &vars);
#endif
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
	char url[512];
	struct timer timer;
	char body[4096];
	size_t len;
};

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	struct proxied *proxied = user;
	size_t room = sizeof(proxied->body) - 1 - proxied->len;

	if (n > room)
		return 0;
	memcpy(proxied->body + proxied->len, data, n);
	proxied->len += n;
	return n;
}

static void stop_transfer(void *object)
{
	struct proxied *proxied = object;

	timer_stop(&proxied->timer);
	if (proxied->easy) {
		curl_multi_remove_handle(multi, proxied->easy);
		curl_easy_cleanup(proxied->easy);
	}
}

static void start_transfer(struct proxied *proxied)
{
	proxied->n_left--;
	proxied->easy = curl_easy_init();
	curl_easy_setopt(proxied->easy, CURLOPT_URL, proxied->url);
	curl_easy_setopt(proxied->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(proxied->easy, CURLOPT_WRITEDATA, proxied);
	curl_easy_setopt(proxied->easy, CURLOPT_PRIVATE, proxied);
	curl_easy_setopt(proxied->easy, CURLOPT_TIMEOUT_MS, 3000L);
	curl_multi_add_handle(multi, proxied->easy);
}

/* UPSTREAM_URL with the query of a request's. */
static void write_url(const h2o_req_t *req, char url[512])
{
	size_t at = req->query_at == SIZE_MAX ? req->path.len : req->query_at;

	snprintf(url, 512, "%s%.*s", upstream_url, (int)(req->path.len - at), req->path.base + at);
}

static struct proxied *new_proxied(h2o_req_t *req, int n)
{
	struct proxied *proxied = h2o_mem_alloc_shared(&req->pool, sizeof(*proxied), stop_transfer);

	*proxied = (struct proxied){.req = req, .n_left = n};
	write_url(req, proxied->url);
	return proxied;
}

static int start_proxied(h2o_req_t *req, int n)
{
	start_transfer(new_proxied(req, n));
	return 0;
}

static void on_timed_fired(struct timer *timer)
{
	start_transfer(H2O_STRUCT_FROM_MEMBER(struct proxied, timer, timer));
}

static int on_timed(h2o_handler_t *self, h2o_req_t *req)
{
	timer_start(&new_proxied(req, 1)->timer, &timed, on_timed_fired);
	return 0;
}

/* Work that goes on after its request. */
struct work {
	struct timer timer;
	int n_left;
	char url[512];
};

static struct work *work_new(const h2o_req_t *req, int n)
{
	struct work *work = calloc(1, sizeof(*work));

	work->n_left = n;
	write_url(req, work->url);
	return work;
}

static void work_do(const struct work *work)
{
	CURL *easy = curl_easy_init();
	FILE *nowhere = fopen("/dev/null", "w");

	curl_easy_setopt(easy, CURLOPT_URL, work->url);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, nowhere);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_perform(easy);
	curl_easy_cleanup(easy);
	fclose(nowhere);
}

static void on_beat_fired(struct timer *timer)
{
	struct work *work = H2O_STRUCT_FROM_MEMBER(struct work, timer, timer);

	work_do(work);
	if (--work->n_left > 0)
		timer_start(&work->timer, &timed, on_beat_fired);
	else
		free(work);
}

static int on_beat(h2o_handler_t *self, h2o_req_t *req)
{
	timer_start(&work_new(req, N_BEATS)->timer, &timed, on_beat_fired);
	answer(req, 200, "beat\n");
	return 0;
}

/* Set again by on_poll(). */
static struct work *stopped;

static int on_stopped(h2o_handler_t *self, h2o_req_t *req)
{
	struct work *work = work_new(req, 1);

	timer_start(&work->timer, &timed, on_beat_fired);
	timer_stop(&work->timer);
	stopped = work;
	answer(req, 200, "stopped\n");
	return 0;
}

static void *run_posix(void *work)
{
	work_do(work);
	free(work);
	return NULL;
}

static int run_c11(void *work)
{
	return run_posix(work) != NULL;
}

static int on_thread(h2o_handler_t *self, h2o_req_t *req)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run_posix, work_new(req, 1)) == 0)
		pthread_detach(thread);
	answer(req, 200, "started\n");
	return 0;
}

static int on_thrd(h2o_handler_t *self, h2o_req_t *req)
{
	thrd_t thread;

	if (thrd_create(&thread, run_c11, work_new(req, 1)) == thrd_success)
		thrd_detach(thread);
	answer(req, 200, "started\n");
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
	if (stopped)
		timer_start(&stopped->timer, &timed, on_beat_fired);
	stopped = NULL;
	timer_start(&poll_timer, &poll_delay, on_poll);
}

static void add_route(
	h2o_hostconf_t *host, const char *path, int (*handle)(h2o_handler_t *, h2o_req_t *))
{
	h2o_pathconf_t *pathconf = h2o_config_register_path(host, path, 0);

	h2o_create_handler(pathconf, sizeof(h2o_handler_t))->on_req = handle;
}

#if H2O_USE_LIBUV
static void on_accept(uv_stream_t *listener, int status)
{
	uv_tcp_t *tcp = status == 0 ? malloc(sizeof(*tcp)) : NULL;

	if (!tcp)
		return;
	uv_tcp_init(listener->loop, tcp);
	uv_accept(listener, (uv_stream_t *)tcp);
	h2o_accept(
		&accept_context, h2o_uv_socket_create((void *)tcp, (uv_close_cb)(uintptr_t)free));
}

static void run(h2o_loop_t *loop, int fd)
{
	uv_tcp_t listener;

	uv_tcp_init(loop, &listener);
	uv_tcp_open(&listener, fd);
	uv_listen((uv_stream_t *)&listener, SOMAXCONN, on_accept);
	while (!must_stop) /* the poll's timer wakes it */
		uv_run(loop, UV_RUN_ONCE);
}
#else
static void on_accept(h2o_socket_t *listener, const char *err)
{
	h2o_socket_t *sock = err ? NULL : h2o_evloop_socket_accept(listener);

	if (sock)
		h2o_accept(&accept_context, sock);
}

static void run(h2o_loop_t *loop, int fd)
{
	h2o_socket_t *listener = h2o_evloop_socket_create(loop, fd, H2O_SOCKET_FLAG_DONT_READ);

	h2o_socket_read_start(listener, on_accept);
	while (!must_stop)
		h2o_evloop_run(loop, 100);
	h2o_socket_close(listener);
}
#endif

static int listen_on(const char *where)
{
	const struct sockaddr_in port = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(where)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_un path = {.sun_family = AF_UNIX};
	bool is_path = strchr(where, '/') != NULL;
	int on = 1;
	int fd = socket(is_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(path.sun_path, where, sizeof(path.sun_path) - 1);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 ||
		(is_path ? bind(fd, (const struct sockaddr *)&path, sizeof(path))
			 : bind(fd, (const struct sockaddr *)&port, sizeof(port))) ||
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
	add_route(host, "/timed", on_timed);
	add_route(host, "/beat", on_beat);
	add_route(host, "/stopped", on_stopped);
	add_route(host, "/thread", on_thread);
	add_route(host, "/thrd", on_thrd);
	add_route(host, "/slash/", on_hello);
	add_route(host, "/big", on_big);
	add_route(host, "/big-unsized", on_big_unsized);
	add_route(host, "/stream", on_stream);
	add_route(host, "/gives-up", on_gives_up);
	add_route(host, "/short", on_short);
	add_route(host, "/begins", on_begins);
	add_route(host, "/switch", on_switch);
	add_route(host, "/push", on_push);
	if (getenv("PROXIED_PORT")) {
		h2o_pathconf_t *proxied = h2o_config_register_path(host, "/proxied", 0);
		h2o_reproxy_register(proxied);
		add_proxy(proxied, getenv("PROXIED_PORT"));
	}

#if H2O_USE_LIBUV
	h2o_loop_t *loop = uv_default_loop();
#else
	h2o_loop_t *loop = h2o_evloop_create();
#endif
	h2o_context_init(&context, loop, &config);
	accept_context = (h2o_accept_ctx_t){.ctx = &context, .hosts = config.hosts};
	delay_init(&late, loop, LATE_MS);
	delay_init(&timed, loop, TIMED_MS);
	delay_init(&poll_delay, loop, POLL_MS);
	timer_start(&poll_timer, &poll_delay, on_poll);

	int fd = listen_on(argv[1]);
	if (fd < 0)
		return 1;
	run(loop, fd);
	return 0;
}
