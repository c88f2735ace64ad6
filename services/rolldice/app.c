/* SPDX-License-Identifier: Apache-2.0 */
/* app.c - rolldice, the reference application of OpenTelemetry's getting-started pages: rolls dice
 * for GET /rolldice?rolls=N&player=NAME.  It stands alone, on libh2o and the C library.
 *
 * Source: https://opentelemetry.io/docs/getting-started/reference-application-specification/
 */
#define H2O_USE_LIBUV 0
#include <arpa/inet.h>
#include <h2o.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "log.h"

#define PORT 8080      /* without APPLICATION_PORT */
#define ROLLS_MAX 1000 /* of a request */
#define PLAYER_MAX 64  /* bytes of a name that are logged */

static h2o_globalconf_t conf;
static h2o_context_t ctx;
static h2o_accept_ctx_t accept_ctx;

/* --- the request -------------------------------------------------------------------------- */

static bool is_method(const h2o_req_t *req, const char *name)
{
	return h2o_memis(req->method.base, req->method.len, name, strlen(name));
}

/* The value of a parameter, still percent-encoded; base is NULL without one. */
static h2o_iovec_t parameter(const h2o_req_t *req, const char *name)
{
	size_t n_name = strlen(name);
	const char *at = req->path.base + req->query_at, *end = req->path.base + req->path.len;

	while (req->query_at != SIZE_MAX && at < end) {
		at++; /* '?' or '&' */
		const char *next = memchr(at, '&', (size_t)(end - at));
		size_t n = (size_t)((next ? next : end) - at);

		if (n > n_name && memcmp(at, name, n_name) == 0 && at[n_name] == '=')
			return h2o_iovec_init(at + n_name + 1, n - n_name - 1);
		at += n;
	}
	return h2o_iovec_init(NULL, 0);
}

/* false: not a number, or one that is too large for an answer */
static bool read_rolls(const h2o_req_t *req, long *ret_rolls)
{
	h2o_iovec_t text = parameter(req, "rolls");
	char digits[16], *end;

	*ret_rolls = 1;
	if (!text.base)
		return true;
	if (text.len == 0 || text.len >= sizeof(digits) || strchr(" \t+", text.base[0]))
		return false;
	memcpy(digits, text.base, text.len);
	digits[text.len] = '\0';
	*ret_rolls = strtol(digits, &end, 10);
	return *end == '\0' && *ret_rolls <= ROLLS_MAX;
}

/* --- the answer --------------------------------------------------------------------------- */

static void answer(h2o_req_t *req, int status, const char *reason, const char *body)
{
	const char *level = status < 400 ? "INFO" : status < 500 ? "WARN" : "ERROR";

	log_line(level, "%.*s /rolldice %d %s", (int)req->method.len, req->method.base, status,
		status < 400 ? "" : body);
	req->res.status = status;
	req->res.reason = reason;
	if (*body)
		h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL,
			H2O_STRLIT("application/json"));
	h2o_send_inline(req, body, strlen(body));
}

static void print_results(char *out, const int *results, long rolls)
{
	if (rolls == 1) {
		sprintf(out, "%d", results[0]);
		return;
	}
	for (long i = 0; i < rolls; i++)
		out += sprintf(out, "%c%d", i ? ',' : '[', results[i]);
	strcpy(out, "]");
}

static void log_results(const h2o_req_t *req, const char *text)
{
	h2o_iovec_t player = parameter(req, "player");

	if (player.len > 0)
		log_line("DEBUG", "player %.*s rolled %s",
			(int)(player.len < PLAYER_MAX ? player.len : PLAYER_MAX), player.base,
			text);
	else
		log_line("DEBUG", "anonymous player rolled %s", text);
}

static int on_rolldice(h2o_handler_t *self, h2o_req_t *req)
{
	int results[ROLLS_MAX];
	char body[2 * ROLLS_MAX + 2];
	long rolls;

	if (!is_method(req, "GET") && !is_method(req, "POST")) {
		h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_ALLOW, NULL,
			H2O_STRLIT("GET, POST"));
		answer(req, 405, "Method Not Allowed", "");
	} else if (!read_rolls(req, &rolls)) {
		answer(req, 400, "Bad Request",
			"{\"status\": \"error\", "
			"\"message\": \"Parameter rolls must be a positive integer\"}");
	} else if (dice_roll(rolls, results) != 0) {
		answer(req, 500, "Internal Server Error", "");
	} else {
		print_results(body, results, rolls);
		log_results(req, body);
		answer(req, 200, "OK", body);
	}
	return 0;
}

/* --- the server --------------------------------------------------------------------------- */

static void on_accept(h2o_socket_t *listener, const char *err)
{
	h2o_socket_t *socket = err ? NULL : h2o_evloop_socket_accept(listener);

	if (socket)
		h2o_accept(&accept_ctx, socket);
}

static int read_port(void)
{
	const char *text = getenv("APPLICATION_PORT");
	char *end;
	long port = text && *text ? strtol(text, &end, 10) : PORT;

	return text && *text && (*end || port < 1 || port > 65535) ? -1 : (int)port;
}

static int listen_on(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_ANY)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, SOMAXCONN)) {
		fprintf(stderr, "rolldice: port %d: %m\n", port);
		return -1;
	}
	return fd;
}

int main(void)
{
	int port = read_port();

	if (port < 0) {
		fprintf(stderr, "rolldice: APPLICATION_PORT is no port\n");
		return 2;
	}
	int fd = listen_on(port);
	if (fd < 0)
		return 1;
	h2o_config_init(&conf);
	h2o_hostconf_t *host =
		h2o_config_register_host(&conf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
	h2o_pathconf_t *path = h2o_config_register_path(host, "/rolldice", 0);
	h2o_create_handler(path, sizeof(h2o_handler_t))->on_req = on_rolldice;
	h2o_context_init(&ctx, h2o_evloop_create(), &conf);
	accept_ctx = (h2o_accept_ctx_t){.ctx = &ctx, .hosts = conf.hosts};
	h2o_socket_read_start(
		h2o_evloop_socket_create(ctx.loop, fd, H2O_SOCKET_FLAG_DONT_READ), on_accept);
	log_line("INFO", "listening on port %d", port);
	for (;;)
		h2o_evloop_run(ctx.loop, INT32_MAX);
}
