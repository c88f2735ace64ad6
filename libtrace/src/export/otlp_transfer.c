/* SPDX-License-Identifier: Apache-2.0 */
#include "export/otlp_transfer.h"

#include "util/clock.h"
#include "util/fork_lock.h"
#include "util/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define DNS_CACHE_S 5		/* a recreated Kubernetes Service has another address */
#define SEND_BYTES (256 * 1024) /* at once: a batch of 512 spans mostly; curl's own is 64 KiB */
#define WAIT_MAX_MS 60000	/* at once; libcurl's own limits are shorter */
#define LEFT_MAX 16		/* sets of abandoned handles, some 100 KiB each */

#define USER_AGENT "OTel-OTLP-Exporter-C/" LT_VERSION
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

/* --- what cannot be freed ----------------------------------------------------------------- */

/* Abandoned handles, whose descriptors now belong to the program or to a parent.  Freeing them
 * would close these descriptors or write the end of a TLS session to them. */
struct left {
	struct left *next;
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
};
static _Atomic(struct left *) all_left; /* so that a leak checker sees them */
static atomic_uint n_left;		/* that a program has closed */

static void leave_handles(struct lt_otlp_transfer *transfer)
{
	struct left *left = transfer->multi ? malloc(sizeof(*left)) : NULL;
	if (left) {
		*left = (struct left){.multi = transfer->multi,
			.easy = transfer->easy,
			.headers = transfer->headers,
			.next = atomic_load(&all_left)};
		while (!atomic_compare_exchange_weak(&all_left, &left->next, left))
			;
	}
	transfer->multi = NULL;
	transfer->easy = NULL;
	transfer->headers = NULL;
	/* Closed directly: nothing is written, and the parent's copies stay open. */
	for (size_t i = 0; i < LT_TRANSFER_SOCKETS; i++)
		lt_own_fd_close(&transfer->sockets[i]);
	for (size_t i = 0; i < LT_CURL_WAKEUP_FDS; i++)
		lt_own_fd_close(&transfer->inner[i]);
	pthread_mutex_lock(&transfer->lock);
	lt_own_fd_close(&transfer->wake[0]);
	lt_own_fd_close(&transfer->wake[1]);
	pthread_mutex_unlock(&transfer->lock);
}

static void init_waiting(struct lt_otlp_transfer *transfer)
{
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&transfer->ended, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&transfer->lock, NULL);
}

/* In a fork's child, where no other thread uses the transfer, and the parent's threads may have
 * held its lock. */
static void adopt(struct lt_otlp_transfer *transfer)
{
	if (transfer->owner == getpid())
		return;
	init_waiting(transfer);
	leave_handles(transfer);
	transfer->owner = getpid();
}

/* --- libcurl's callbacks ------------------------------------------------------------------ */

static size_t on_response(char *bytes, size_t size, size_t n, void *user)
{
	struct lt_otlp_transfer *transfer = user;
	if (transfer->response.len + n > transfer->config->max_response_bytes)
		return 0; /* ends the transfer; the status has been received before */
	lt_buffer_add(&transfer->response, bytes, n);
	return n;
}

static curl_socket_t on_open(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct lt_otlp_transfer *transfer = user;
	for (size_t i = 0; i < LT_TRANSFER_SOCKETS; i++) {
		struct lt_own_fd *own = &transfer->sockets[i];
		if (own->fd)
			continue;
		int fd = socket(
			address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
		return lt_own_fd_init(own, fd) ? own->fd : CURL_SOCKET_BAD;
	}
	return CURL_SOCKET_BAD;
}

static int on_close(void *user, curl_socket_t fd)
{
	struct lt_otlp_transfer *transfer = user;
	for (size_t i = 0; i < LT_TRANSFER_SOCKETS; i++) {
		if (transfer->sockets[i].fd == fd)
			lt_own_fd_close(&transfer->sockets[i]);
	}
	return 0;
}

/* --- handles ------------------------------------------------------------------------------ */

static bool set_headers(struct lt_otlp_transfer *transfer)
{
	const struct lt_otlp_http_config *config = transfer->config;
	const char *fixed[] = {
		config->json ? "Content-Type: application/json"
			     : "Content-Type: application/x-protobuf",
		"Expect:", /* no round trip before the body */
		config->gzip ? "Content-Encoding: gzip" : NULL,
	};
	size_t n_fixed = sizeof(fixed) / sizeof(fixed[0]);
	for (size_t i = 0; i < n_fixed + config->n_headers; i++) {
		const char *header = i < n_fixed ? fixed[i] : config->headers[i - n_fixed];
		if (!header)
			continue;
		struct curl_slist *longer = transfer->curl->slist_append(transfer->headers, header);
		if (!longer)
			return false;
		transfer->headers = longer;
	}
	return true;
}

static void set_options(struct lt_otlp_transfer *transfer, const char *proxy)
{
	const struct lt_otlp_http_config *config = transfer->config;
	const struct lt_curl_library *curl = transfer->curl;
	CURL *easy = transfer->easy;
	curl->easy_setopt(easy, CURLOPT_URL, config->endpoint);
	/* Decided once per handle: libcurl would read the environment while the program may change
	 * it. */
	curl->easy_setopt(easy, CURLOPT_PROXY, proxy ? proxy : "");
	curl->easy_setopt(easy, CURLOPT_NOPROXY, "");
	curl->easy_setopt(easy, CURLOPT_POST, 1L);
	curl->easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BYTES);
	curl->easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	curl->easy_setopt(easy, CURLOPT_USERAGENT, USER_AGENT);
	curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* Does not wait for a name server after the attempt: an exit has its own limit. */
	curl->easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl->easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, (long)DNS_CACHE_S);
	curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_response);
	curl->easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl->easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl->easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
	curl->easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl->easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, transfer);
	if (config->certificate)
		curl->easy_setopt(easy, CURLOPT_CAINFO, config->certificate);
	if (config->client_certificate)
		curl->easy_setopt(easy, CURLOPT_SSLCERT, config->client_certificate);
	if (config->client_key)
		curl->easy_setopt(easy, CURLOPT_SSLKEY, config->client_key);
}

static void free_handles(struct lt_otlp_transfer *transfer)
{
	const struct lt_curl_library *curl = transfer->curl;
	if (transfer->easy)
		curl->easy_cleanup(transfer->easy);
	if (transfer->multi)
		curl->multi_cleanup(transfer->multi);
	if (transfer->headers)
		curl->slist_free_all(transfer->headers);
	memset(transfer->inner, 0, sizeof(transfer->inner));
	transfer->easy = NULL;
	transfer->multi = NULL;
	transfer->headers = NULL;
}

/* Ends a wait.  It also shows when the program has closed descriptors that it did not open. */
static bool open_wake(struct lt_otlp_transfer *transfer)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return false;
	pthread_mutex_lock(&transfer->lock);
	bool is_open = lt_own_fd_init(&transfer->wake[1], fds[1]);
	is_open = lt_own_fd_init(&transfer->wake[0], fds[0]) && is_open;
	pthread_mutex_unlock(&transfer->lock);
	return is_open;
}

/* Fork lock held. */
static bool make_handles(struct lt_otlp_transfer *transfer, const char *proxy)
{
	const struct lt_curl_library *curl = transfer->curl;
	if (!transfer->wake[0].fd && !open_wake(transfer))
		return false;
	transfer->multi = lt_curl_wakeup_multi_new(curl, transfer->inner);
	transfer->easy = curl->easy_init();
	if (!transfer->multi || !transfer->easy || !set_headers(transfer)) {
		free_handles(transfer);
		return false;
	}
	set_options(transfer, proxy);
	return true;
}

/* Whether all our descriptors are unchanged.  If one is not, the program has closed descriptors
 * that it did not open, libcurl's among them. */
static bool is_intact(const struct lt_otlp_transfer *transfer)
{
	for (size_t i = 0; i < LT_TRANSFER_SOCKETS; i++) {
		if (transfer->sockets[i].fd && !lt_own_fd_is_intact(&transfer->sockets[i]))
			return false;
	}
	for (size_t i = 0; i < LT_CURL_WAKEUP_FDS; i++) {
		if (transfer->inner[i].fd && !lt_own_fd_is_intact(&transfer->inner[i]))
			return false;
	}
	return lt_own_fd_is_intact(&transfer->wake[0]) && lt_own_fd_is_intact(&transfer->wake[1]);
}

static bool has_handles(const struct lt_otlp_transfer *transfer)
{
	return transfer->multi != NULL;
}

/* Creates handles for this process, with descriptors of its own. */
static int have_handles(struct lt_otlp_transfer *transfer)
{
	if (has_handles(transfer) && !is_intact(transfer)) {
		leave_handles(transfer);
		n_left++;
	}
	if (has_handles(transfer))
		return 0;
	if (n_left >= LEFT_MAX) {
		lt_report_limited("descriptors", LT_LEVEL_ERROR,
			"the program has closed our descriptors %d times: no more exports",
			LEFT_MAX);
		return -EAGAIN;
	}
	transfer->curl = lt_curl_library();
	if (!transfer->curl)
		return -EAGAIN;
	const char *proxy = lt_otlp_http_proxy(transfer->config); /* may ask a name server */
	if (!lt_fork_lock_take())
		return -EAGAIN;
	bool is_made = make_handles(transfer, proxy);
	int err = errno;
	lt_fork_lock_give();
	if (!is_made)
		lt_report_limited("no handles", LT_LEVEL_WARN, "cannot export: %s", strerror(err));
	return is_made ? 0 : -EAGAIN;
}

/* --- a request ---------------------------------------------------------------------------- */

/* Enters libcurl; false, without entering it, when our descriptors have been closed. */
static bool enter(struct lt_otlp_transfer *transfer)
{
	if (!lt_fork_lock_take())
		return false;
	if (is_intact(transfer))
		return true;
	lt_fork_lock_give();
	return false;
}

static void leave(void)
{
	lt_fork_lock_give();
}

static uint64_t earlier(uint64_t deadline_ns, uint64_t end_ns)
{
	return end_ns && end_ns < deadline_ns ? end_ns : deadline_ns;
}

/* Waits until libcurl has work to do or another thread has changed the end. */
static void wait_until(struct lt_otlp_transfer *transfer, uint64_t now_ns, uint64_t deadline_ns)
{
	struct curl_waitfd wake = {.fd = transfer->wake[0].fd, .events = CURL_WAIT_POLLIN};
	uint64_t left_ms = (deadline_ns - now_ns) / NS_PER_MS + 1;
	int n;
	transfer->curl->multi_wait(
		transfer->multi, &wake, 1, left_ms < WAIT_MAX_MS ? (int)left_ms : WAIT_MAX_MS, &n);
	char bytes[16];
	if (wake.revents && lt_own_fd_is_intact(&transfer->wake[0]))
		(void)!read(transfer->wake[0].fd, bytes, sizeof(bytes));
}

/* CURLE_OK: libcurl has a result of its own. */
static CURLcode perform(struct lt_otlp_transfer *transfer, uint64_t deadline_ns)
{
	int n_running;
	for (;;) {
		if (!enter(transfer))
			return CURLE_ABORTED_BY_CALLBACK;
		CURLMcode code = transfer->curl->multi_perform(transfer->multi, &n_running);
		leave();
		if (code != CURLM_OK)
			return CURLE_FAILED_INIT;
		if (!n_running)
			return CURLE_OK;
		uint64_t now_ns = lt_clock_monotonic_ns();
		uint64_t end_ns = earlier(deadline_ns, atomic_load(&transfer->end_ns));
		if (now_ns >= end_ns)
			return CURLE_OPERATION_TIMEDOUT;
		wait_until(transfer, now_ns, end_ns);
	}
}

/* In libcurl. */
static void read_result(struct lt_otlp_transfer *transfer, struct lt_otlp_outcome *outcome)
{
	const struct lt_curl_library *curl = transfer->curl;
	CURLMsg *message;
	int n_messages;
	while ((message = curl->multi_info_read(transfer->multi, &n_messages))) {
		if (message->msg == CURLMSG_DONE)
			outcome->code = message->data.result;
	}
	curl_off_t retry_after_s = 0;
	curl->easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &outcome->status);
	curl->easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
	outcome->retry_after_s = retry_after_s;
}

static bool start(struct lt_otlp_transfer *transfer, const struct lt_buffer *body)
{
	const struct lt_curl_library *curl = transfer->curl;
	if (!enter(transfer))
		return false;
	curl->easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, body->bytes);
	curl->easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
	bool is_started = curl->multi_add_handle(transfer->multi, transfer->easy) == CURLM_OK;
	leave();
	return is_started;
}

int lt_otlp_transfer_send(struct lt_otlp_transfer *transfer, const struct lt_buffer *body,
	uint64_t deadline_ns, struct lt_otlp_outcome *ret_outcome)
{
	struct lt_otlp_outcome outcome = {.code = CURLE_ABORTED_BY_CALLBACK,
		.text = "the program has closed the exporter's connection"};
	lt_buffer_reset(&transfer->response);
	adopt(transfer);
	int err = have_handles(transfer);
	if (err)
		return err;
	if (start(transfer, body))
		outcome.code = perform(transfer, deadline_ns);
	if (enter(transfer)) {
		if (outcome.code == CURLE_OK)
			read_result(transfer, &outcome);
		transfer->curl->multi_remove_handle(transfer->multi, transfer->easy);
		outcome.text = transfer->curl->easy_strerror(outcome.code);
		leave();
	} else {
		leave_handles(transfer);
		n_left++;
	}
	*ret_outcome = outcome;
	return 0;
}

/* --- life --------------------------------------------------------------------------------- */

/* In a child that has not used the transfer there is no thread to wake. */
void lt_otlp_transfer_end_by(struct lt_otlp_transfer *transfer, uint64_t end_ns)
{
	atomic_store(&transfer->end_ns, end_ns);
	if (transfer->owner != getpid())
		return;
	pthread_mutex_lock(&transfer->lock);
	if (lt_own_fd_is_intact(&transfer->wake[1]))
		(void)!write(transfer->wake[1].fd, "", 1);
	pthread_cond_broadcast(&transfer->ended);
	pthread_mutex_unlock(&transfer->lock);
}

void lt_otlp_transfer_rest(
	struct lt_otlp_transfer *transfer, uint64_t until_ns, uint64_t known_end_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(until_ns / NS_PER_S), .tv_nsec = (long)(until_ns % NS_PER_S)};
	adopt(transfer);
	pthread_mutex_lock(&transfer->lock);
	while (atomic_load(&transfer->end_ns) == known_end_ns) {
		if (pthread_cond_timedwait(&transfer->ended, &transfer->lock, &until) == ETIMEDOUT)
			break;
	}
	pthread_mutex_unlock(&transfer->lock);
}

void lt_otlp_transfer_init(
	struct lt_otlp_transfer *transfer, const struct lt_otlp_http_config *config)
{
	*transfer = (struct lt_otlp_transfer){.config = config, .owner = getpid()};
	init_waiting(transfer);
	lt_fork_lock_watch();
}

void lt_otlp_transfer_done(struct lt_otlp_transfer *transfer)
{
	adopt(transfer);
	if (has_handles(transfer) && enter(transfer)) {
		free_handles(transfer);
		leave();
	}
	leave_handles(transfer); /* if there are any, with their descriptors */
	lt_buffer_done(&transfer->response);
	pthread_cond_destroy(&transfer->ended);
	pthread_mutex_destroy(&transfer->lock);
}
