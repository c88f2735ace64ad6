/* SPDX-License-Identifier: Apache-2.0 */
/* http_client.h - calls another service without blocking: libcurl's multi interface on an h2o loop,
 * with connections and handles reused.
 *
 * Threads: a client belongs to its loop's thread.
 */
#ifndef SERVICES_HTTP_CLIENT_H
#define SERVICES_HTTP_CLIENT_H

#include "h2o_compat.h"

/* Limit of an answer's body in bytes; a larger one fails the call. */
#define HTTP_CLIENT_ANSWER_MAX_BYTES 65536

struct http_client;
struct http_call; /* a call in progress */

enum http_call_error {
	HTTP_CALL_OK = 0, /* an answer with any status */
	HTTP_CALL_UNREACHABLE,
	HTTP_CALL_TIMEOUT,
	HTTP_CALL_NO_ROOM, /* this process has no descriptor or memory for a connection */
	HTTP_CALL_BROKEN,  /* connection lost, not HTTP, answer too large */
};

struct http_reply { /* borrowed for the callback */
	enum http_call_error error;
	const char *reason; /* for people; of an error */
	int status;
	const char *body;
	size_t body_len; /* bytes */
};

typedef void (*http_reply_cb)(void *user, const struct http_reply *reply);

struct http_header {
	const char *name, *value;
};

/** main() calls it once, before anything else here and before it starts threads.
 * @return 0 or -Exxx */
int http_client_global_init(void);

/**
 * Checks the base URL of a service and adds a path to it.
 * @return new, for free(); NULL unless base is an http or https URL with a host and without query,
 *         fragment or credentials
 */
char *http_client_url(const char *base, const char *path);

/**
 * Makes a client that posts JSON to one URL.
 * @param url         copied
 * @param timeout_ms  limit of a call
 * @return 0 or -Exxx
 */
int http_client_new(
	h2o_loop_t *loop, const char *url, unsigned timeout_ms, struct http_client **ret_client);

/** From now on, before the first call, each call looks the name up on a new connection, and that blocks
 * the loop for so long: a fault (faults.h). */
void http_client_slow_down_lookups(struct http_client *client, unsigned ms);

/** NULL is fine. No call may be in progress. */
void http_client_free(struct http_client *client);

/**
 * Posts JSON.
 *
 * @param json     borrowed until the call has ended
 * @param headers  headers of this call beside the usual ones; copied
 * @param on_reply called once, later, never from within this function; not after http_call_cancel()
 * @return borrowed until on_reply is called or the call is cancelled; NULL: out of memory
 */
struct http_call *http_client_post(struct http_client *client, h2o_iovec_t json,
	const struct http_header *headers, size_t n_headers, http_reply_cb on_reply, void *user);

/** Cancels a call and closes its connection. NULL is fine. */
void http_call_cancel(struct http_call *call);

#endif
