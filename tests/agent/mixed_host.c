/* SPDX-License-Identifier: Apache-2.0 */
/* mixed_host.c - a server without tracing code whose requests interleave on each of its threads, to test
 * the agent with.
 *
 *   mixed_host PORT THREADS [CONNINFO]   ends with SIGTERM, exit code 0
 *
 * GET /work?N      200 with "N, N + 1, 2 N": a query of PostgreSQL's, on the thread's one connection in
 *                  pipeline mode; when its result comes, one of SQLite's and a call of /upstream?N, by
 *                  curl's multi interface; when that is over, the answer.  Without CONNINFO the first
 *                  query is SQLite's too.
 * GET /upstream?N  200 with N
 *
 * SQLite and libpq are opened by name: their headers are not needed. */
#include "h2o_compat.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <h2o/http1.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLL_MS 2
#define THREADS_MAX 16
#define NUMBER_BYTES 16
#define ROW 100	    /* SQLITE_ROW */
#define TUPLES_OK 2 /* of PQresultStatus() */

static struct {
	int (*open)(const char *, void **);
	int (*prepare)(void *, const char *, int, void **, const char **);
	int (*bind_int)(void *, int, int);
	int (*step)(void *);
	int (*column_int)(void *, int);
	int (*reset)(void *);
} sqlite;

static struct {
	void *(*connect)(const char *);
	int (*status)(const void *);
	int (*socket)(const void *);
	int (*enter_pipeline)(void *);
	int (*send)(void *, const char *, int, const unsigned *, const char *const *, const int *,
		const int *, int);
	int (*sync)(void *);
	int (*consume)(void *);
	int (*is_busy)(void *);
	void *(*get_result)(void *);
	int (*result_status)(const void *);
	char *(*get_value)(const void *, int, int);
	void (*clear)(void *);
} pq;

/* A request under way; part of its pool. */
struct job {
	h2o_req_t *req;
	struct job *next; /* of those that wait for PostgreSQL */
	CURL *easy;
	char number[NUMBER_BYTES];
	char upstream[NUMBER_BYTES];
	size_t len; /* of upstream */
	int first, second;
};

struct worker {
	pthread_t thread;
	int fd;
	h2o_globalconf_t config;
	h2o_context_t context;
	h2o_accept_ctx_t accept;
	struct delay poll_delay;
	struct timer poll;
	CURLM *multi;
	void *connection; /* NULL: none */
	struct job *first, **last;
	void *statement;
};

static const char *port, *conninfo;
static __thread struct worker *self;
static volatile sig_atomic_t must_stop;

static void on_signal(int number)
{
	must_stop = 1;
}

static void *must(void *found, const char *what)
{
	if (found)
		return found;
	fprintf(stderr, "mixed_host: %s\n", what);
	exit(1);
}

#define FIND(library, name, to) (*(void **)&(to) = must(dlsym(library, name), name))

static void load(void)
{
	void *library = must(dlopen("libsqlite3.so.0", RTLD_NOW), "no libsqlite3.so.0");

	FIND(library, "sqlite3_open", sqlite.open);
	FIND(library, "sqlite3_prepare_v2", sqlite.prepare);
	FIND(library, "sqlite3_bind_int", sqlite.bind_int);
	FIND(library, "sqlite3_step", sqlite.step);
	FIND(library, "sqlite3_column_int", sqlite.column_int);
	FIND(library, "sqlite3_reset", sqlite.reset);
	if (!conninfo)
		return;
	library = must(dlopen("libpq.so.5", RTLD_NOW), "no libpq.so.5");
	FIND(library, "PQconnectdb", pq.connect);
	FIND(library, "PQstatus", pq.status);
	FIND(library, "PQsocket", pq.socket);
	FIND(library, "PQenterPipelineMode", pq.enter_pipeline);
	FIND(library, "PQsendQueryParams", pq.send);
	FIND(library, "PQpipelineSync", pq.sync);
	FIND(library, "PQconsumeInput", pq.consume);
	FIND(library, "PQisBusy", pq.is_busy);
	FIND(library, "PQgetResult", pq.get_result);
	FIND(library, "PQresultStatus", pq.result_status);
	FIND(library, "PQgetvalue", pq.get_value);
	FIND(library, "PQclear", pq.clear);
}

/* --- a request --------------------------------------------------------------------------------- */

static void answer(h2o_req_t *req, int status, const char *text)
{
	static h2o_generator_t generator;
	h2o_iovec_t body = {compat_alloc_text(req, strlen(text)), strlen(text)};

	memcpy(body.base, text, body.len);
	req->res.status = status;
	req->res.reason = "Reason";
	req->res.content_length = body.len;
	h2o_start_response(req, &generator);
	h2o_send(req, &body, 1, H2O_SEND_STATE_FINAL);
}

static void read_number(const h2o_req_t *req, char number[NUMBER_BYTES])
{
	size_t at = req->query_at == SIZE_MAX ? req->path.len : req->query_at + 1;

	snprintf(number, NUMBER_BYTES, "%.*s", (int)(req->path.len - at), req->path.base + at);
}

static int query_sqlite(int number)
{
	int found = -1;

	sqlite.bind_int(self->statement, 1, number);
	if (sqlite.step(self->statement) == ROW)
		found = sqlite.column_int(self->statement, 0);
	sqlite.reset(self->statement);
	return found;
}

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	struct job *job = user;

	if (n > sizeof(job->upstream) - 1 - job->len)
		return 0;
	memcpy(job->upstream + job->len, data, n);
	job->len += n;
	return n;
}

/* The first query's result has come. */
static void go_on(struct job *job)
{
	char url[64];

	job->second = query_sqlite(atoi(job->number) * 2);
	snprintf(url, sizeof(url), "http://127.0.0.1:%s/upstream?%s", port, job->number);
	job->easy = curl_easy_init();
	curl_easy_setopt(job->easy, CURLOPT_URL, url);
	curl_easy_setopt(job->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(job->easy, CURLOPT_WRITEDATA, job);
	curl_easy_setopt(job->easy, CURLOPT_PRIVATE, job);
	curl_multi_add_handle(self->multi, job->easy);
}

static void finish(struct job *job, CURLcode code)
{
	char text[64];

	curl_multi_remove_handle(self->multi, job->easy);
	curl_easy_cleanup(job->easy);
	snprintf(text, sizeof(text), "%s, %d, %d", job->upstream, job->first, job->second);
	answer(job->req, code == CURLE_OK ? 200 : 502, text);
}

static int on_work(h2o_handler_t *handler, h2o_req_t *req)
{
	struct job *job = h2o_mem_alloc_shared(&req->pool, sizeof(*job), NULL);
	const char *const values[] = {job->number};

	*job = (struct job){.req = req};
	read_number(req, job->number);
	if (!self->connection) {
		job->first = query_sqlite(atoi(job->number) + 1);
		go_on(job);
		return 0;
	}
	if (!pq.send(self->connection, "SELECT $1::int + 1", 1, NULL, values, NULL, NULL, 0) ||
		!pq.sync(self->connection)) {
		answer(req, 500, "PostgreSQL");
		return 0;
	}
	*self->last = job;
	self->last = &job->next;
	return 0;
}

static int on_upstream(h2o_handler_t *handler, h2o_req_t *req)
{
	char number[NUMBER_BYTES];

	read_number(req, number);
	answer(req, 200, number);
	return 0;
}

/* --- a thread's loop --------------------------------------------------------------------------- */

static void on_result(void *result)
{
	struct job *job = self->first;

	self->first = job->next;
	if (!self->first)
		self->last = &self->first;
	job->first = atoi(pq.get_value(result, 0, 0));
	go_on(job);
}

static void on_postgresql(h2o_socket_t *sock, const char *err)
{
	void *result;

	pq.consume(self->connection);
	/* Each command has a result, a NULL and the synchronisation's result. */
	while (!pq.is_busy(self->connection) &&
		((result = pq.get_result(self->connection)) || self->first)) {
		if (result && pq.result_status(result) == TUPLES_OK)
			on_result(result);
		pq.clear(result);
	}
}

static void on_poll(struct timer *timer)
{
	int n_running, n_left;
	CURLMsg *message;

	curl_multi_perform(self->multi, &n_running);
	while ((message = curl_multi_info_read(self->multi, &n_left))) {
		struct job *job;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&job);
		finish(job, message->data.result);
	}
	timer_start(&self->poll, &self->poll_delay, on_poll);
}

static void on_accept(h2o_socket_t *listener, const char *err)
{
	h2o_socket_t *sock = err ? NULL : h2o_evloop_socket_accept(listener);

	if (sock)
		h2o_accept(&self->accept, sock);
}

static void add_route(
	h2o_hostconf_t *host, const char *path, int (*handle)(h2o_handler_t *, h2o_req_t *))
{
	h2o_pathconf_t *pathconf = h2o_config_register_path(host, path, 0);

	h2o_create_handler(pathconf, sizeof(h2o_handler_t))->on_req = handle;
}

static void open_databases(h2o_loop_t *loop)
{
	void *database;

	sqlite.open(":memory:", &database);
	sqlite.prepare(database, "SELECT ?1", -1, &self->statement, NULL);
	if (!conninfo)
		return;
	self->connection = pq.connect(conninfo);
	if (pq.status(self->connection) != 0 || !pq.enter_pipeline(self->connection))
		must(NULL, "PostgreSQL");
	h2o_socket_read_start(h2o_evloop_socket_create(loop, dup(pq.socket(self->connection)),
				      H2O_SOCKET_FLAG_DONT_READ),
		on_postgresql);
}

static void *run(void *user)
{
	self = user;
	h2o_config_init(&self->config);
	h2o_hostconf_t *host = h2o_config_register_host(
		&self->config, h2o_iovec_init(H2O_STRLIT("127.0.0.1")), (uint16_t)atoi(port));
	add_route(host, "/work", on_work);
	add_route(host, "/upstream", on_upstream);
	h2o_loop_t *loop = h2o_evloop_create();
	h2o_context_init(&self->context, loop, &self->config);
	self->accept = (h2o_accept_ctx_t){.ctx = &self->context, .hosts = self->config.hosts};
	self->last = &self->first;
	self->multi = curl_multi_init();
	open_databases(loop);
	delay_init(&self->poll_delay, loop, POLL_MS);
	timer_start(&self->poll, &self->poll_delay, on_poll);
	h2o_socket_read_start(
		h2o_evloop_socket_create(loop, self->fd, H2O_SOCKET_FLAG_DONT_READ), on_accept);
	while (!must_stop)
		h2o_evloop_run(loop, 100);
	return NULL;
}

static int listen_on_port(void)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) || listen(fd, SOMAXCONN)) {
		perror("mixed_host: listen");
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	static struct worker workers[THREADS_MAX];
	int n = argc > 2 ? atoi(argv[2]) : 0;

	if (n < 1 || n > THREADS_MAX) {
		fprintf(stderr, "usage: mixed_host PORT THREADS [CONNINFO]\n");
		return 2;
	}
	port = argv[1];
	conninfo = argc > 3 ? argv[3] : NULL;
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	load();
	for (int i = 0; i < n; i++)
		workers[i].fd = listen_on_port();
	for (int i = 1; i < n; i++)
		pthread_create(&workers[i].thread, NULL, run, &workers[i]);
	run(&workers[0]);
	for (int i = 1; i < n; i++)
		pthread_join(workers[i].thread, NULL);
	return 0;
}
