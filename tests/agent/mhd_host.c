/* SPDX-License-Identifier: Apache-2.0 */
/* mhd_host.c - a server without tracing code that uses libmicrohttpd in all ways that the agent must
 * support.
 *
 *   mhd_host PORT MODE [OPTION...]
 *
 * MODE is how libmicrohttpd runs: select, poll, epoll, thread (one a connection), pool, external.
 * OPTION: array (options in arrays), uri (a callback for first lines), timeout (of a second), deny
 * (no connection is accepted), later (an option that nobody knows, which fails).
 *
 * Each request that has been completed prints a line: method, path, why it ended. */
#include <curl/curl.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

static struct MHD_Response *shared; /* one answer for many requests */

struct request {
	char method[16], path[64];
	size_t uploaded;
	bool is_seen, is_suspended, is_resumed;
	struct MHD_Connection *connection;
};

static struct request *request_new(const char *method, const char *path)
{
	struct request *request = calloc(1, sizeof(*request));

	snprintf(request->method, sizeof(request->method), "%s", method);
	snprintf(request->path, sizeof(request->path), "%s", path);
	return request;
}

static struct MHD_Response *text(const char *body)
{
	return MHD_create_response_from_buffer(strlen(body), (void *)body, MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *body)
{
	struct MHD_Response *response = text(body);
	enum MHD_Result result = MHD_queue_response(connection, status, response);

	MHD_destroy_response(response);
	return result;
}

/* --- answers that another thread has part in --- */

static void *answer_and_resume(void *user)
{
	struct request *request = user;

	answer(request->connection, MHD_HTTP_OK, "later\n");
	MHD_resume_connection(request->connection);
	return NULL;
}

static void *resume(void *user)
{
	struct request *request = user;

	request->is_resumed = true;
	MHD_resume_connection(request->connection);
	return NULL;
}

static enum MHD_Result suspend(
	struct MHD_Connection *connection, struct request *request, void *(*then)(void *))
{
	pthread_t thread;

	if (request->is_suspended)
		return MHD_YES;
	request->is_suspended = true;
	request->connection = connection;
	MHD_suspend_connection(connection);
	if (pthread_create(&thread, NULL, then, request) == 0)
		pthread_detach(thread);
	return MHD_YES;
}

/* --- answers in pieces --- */

static ssize_t read_endless(void *user, uint64_t at, char *out, size_t n)
{
	memset(out, 'x', n);
	return (ssize_t)n;
}

static ssize_t read_broken(void *user, uint64_t at, char *out, size_t n)
{
	if (at > 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	memcpy(out, "begun\n", 6);
	return 6;
}

static enum MHD_Result stream(struct MHD_Connection *connection, MHD_ContentReaderCallback read)
{
	struct MHD_Response *response =
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, read, NULL, NULL);
	enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);

	MHD_destroy_response(response);
	return result;
}

/* --- a call of another server --- */

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	strncat(user, data, n);
	return n;
}

static enum MHD_Result call(struct MHD_Connection *connection)
{
	const char *to = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "to");
	char body[1024] = "";
	CURL *curl = curl_easy_init();

	curl_easy_setopt(curl, CURLOPT_URL, to);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body[0]);
	CURLcode code = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	return answer(connection, code == CURLE_OK ? MHD_HTTP_OK : MHD_HTTP_BAD_GATEWAY, body);
}

/* --- the handler --- */

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *path,
	const char *method, const char *version, const char *upload, size_t *n_upload, void **state)
{
	struct request *request = *state;

	if (!request)
		request = *state = request_new(method, path);
	if (!request->is_seen) {
		request->is_seen = true;
		snprintf(request->method, sizeof(request->method), "%s", method);
		if (strcmp(path, "/refused") == 0)
			return MHD_NO;
		if (strcmp(path, "/early") == 0)
			return answer(connection, MHD_HTTP_CONTENT_TOO_LARGE, "early\n");
		return MHD_YES;
	}
	if (*n_upload) {
		request->uploaded += *n_upload;
		*n_upload = 0;
		return MHD_YES;
	}
	if (strcmp(path, "/later") == 0)
		return suspend(connection, request, answer_and_resume);
	if (strcmp(path, "/resumed") == 0 && !request->is_resumed)
		return suspend(connection, request, resume);
	if (strcmp(path, "/shared") == 0)
		return MHD_queue_response(connection, MHD_HTTP_OK, shared);
	if (strcmp(path, "/endless") == 0)
		return stream(connection, read_endless);
	if (strcmp(path, "/broken") == 0)
		return stream(connection, read_broken);
	if (strcmp(path, "/call") == 0)
		return call(connection);
	if (strcmp(path, "/failed") == 0)
		return answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "failed\n");
	if (strcmp(path, "/twice") == 0) {
		enum MHD_Result first = answer(connection, MHD_HTTP_OK, "first\n");
		return answer(connection, MHD_HTTP_CONFLICT, "second\n") == MHD_NO ? first : MHD_NO;
	}
	if (strcmp(path, "/login") == 0) {
		struct MHD_Response *response = text("who?\n");
		enum MHD_Result result =
			MHD_queue_basic_auth_fail_response(connection, "here", response);
		MHD_destroy_response(response);
		return result;
	}
	if (strcmp(path, "/own") == 0) {
		struct MHD_Response *response = text("own\n");
		MHD_add_response_header(response, "Traceresponse", "its own");
		enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
		MHD_destroy_response(response);
		return result;
	}
	char body[128];
	snprintf(body, sizeof(body), "%s %zu\n", request->path, request->uploaded);
	return answer(connection, request->uploaded ? MHD_HTTP_CREATED : MHD_HTTP_OK, body);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode end)
{
	struct request *request = *state;

	if (strcmp(request->path, "/readyz") != 0)
		printf("%s %s %d\n", request->method, request->path, (int)end);
	free(request);
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
	return request_new("", uri);
}

static enum MHD_Result deny(void *cls, const struct sockaddr *address, socklen_t len)
{
	return MHD_NO;
}

/* --- running --- */

static bool has(char **options, const char *option)
{
	while (*options && strcmp(*options, option) != 0)
		options++;
	return *options;
}

static unsigned flags_of(const char *mode)
{
	static const struct {
		const char *mode;
		unsigned flags;
	} modes[] = {
		{"select", MHD_USE_INTERNAL_POLLING_THREAD},
		{"poll", MHD_USE_POLL_INTERNAL_THREAD},
		{"epoll", MHD_USE_EPOLL_INTERNAL_THREAD},
		{"thread", MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD},
		{"pool", MHD_USE_EPOLL_INTERNAL_THREAD},
		{"external", 0},
	};
	size_t i = 0;

	while (strcmp(modes[i].mode, mode) != 0)
		i++;
	return modes[i].flags | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC;
}

static struct MHD_Daemon *start(unsigned short port, const char *mode, char **options)
{
	unsigned n_threads = strcmp(mode, "pool") == 0 ? 4 : 0;
	struct MHD_OptionItem more[4] = {
		{MHD_OPTION_CONNECTION_TIMEOUT, has(options, "timeout") ? 1 : 120, NULL}};
	size_t n = 1;

	if (n_threads)
		more[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, n_threads, NULL};
	if (has(options, "uri"))
		more[n++] = (struct MHD_OptionItem){
			MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_uri, NULL};
	more[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	MHD_AcceptPolicyCallback accept = has(options, "deny") ? deny : NULL;

	if (has(options, "later")) /* it takes an argument that only its own version knows */
		return MHD_start_daemon(flags_of(mode), port, accept, NULL, on_request, NULL,
			(enum MHD_OPTION)4711, 0.5, MHD_OPTION_END);
	if (has(options, "array")) {
		const struct MHD_OptionItem all[] = {
			{MHD_OPTION_ARRAY, 0, more},
			{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, NULL},
			{MHD_OPTION_END, 0, NULL},
		};
		return MHD_start_daemon(flags_of(mode), port, accept, NULL, on_request, NULL,
			MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)65536, MHD_OPTION_ARRAY, all,
			MHD_OPTION_END);
	}
	return MHD_start_daemon(flags_of(mode), port, accept, NULL, on_request, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_ARRAY, more,
		MHD_OPTION_END);
}

/* One turn of a loop of the program's own. */
static void turn(struct MHD_Daemon *daemon)
{
	fd_set reads, writes, errors;
	MHD_socket max = 0;
	struct timeval wait = {.tv_usec = 20000};

	FD_ZERO(&reads);
	FD_ZERO(&writes);
	FD_ZERO(&errors);
	MHD_get_fdset(daemon, &reads, &writes, &errors, &max);
	select(max + 1, &reads, &writes, &errors, &wait);
	MHD_run_from_select(daemon, &reads, &writes, &errors);
}

int main(int argc, char **argv)
{
	const struct timespec at_once = {0};
	sigset_t stops;

	if (argc < 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &stops, NULL);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	shared = text("shared\n");
	struct MHD_Daemon *daemon = start((unsigned short)atoi(argv[1]), argv[2], argv + 3);
	if (!daemon) {
		puts("no daemon");
		return 1;
	}
	if (strcmp(argv[2], "external") == 0) {
		while (sigtimedwait(&stops, NULL, &at_once) != SIGTERM)
			turn(daemon);
	} else {
		int signal_number;
		sigwait(&stops, &signal_number);
	}
	MHD_stop_daemon(daemon);
	MHD_destroy_response(shared);
	curl_global_cleanup();
	return 0;
}
