/* SPDX-License-Identifier: Apache-2.0 */
/* http_client.h - calls another service without waiting: libcurl's multi interface on an h2o loop,
 * with connections kept open and handles kept for the next call.
 *
 * Threads: a client belongs to its loop's thread.
 */
#ifndef SERVICES_HTTP_CLIENT_H
#define SERVICES_HTTP_CLIENT_H

#include "h2o_compat.h"

/* Bytes of an answer's body; more make the call fail. */
#define HTTP_CLIENT_ANSWER_MAX 65536

struct http_client;
struct http_call; /* one call under way */

enum http_call_error {
	HTTP_CALL_OK = 0, /* there is an answer, of whatever status */
	HTTP_CALL_UNREACHABLE,
	HTTP_CALL_TIMEOUT,
	HTTP_CALL_BROKEN, /* connection lost, no HTTP, answer over HTTP_CLIENT_ANSWER_MAX */
};

struct http_reply { /* borrowed for the callback */
	enum http_call_error error;
	const char *reason; /* for a reader; of an error */
	int status;
	const char *body;
	size_t body_len; /* bytes */
};

typedef void (*http_reply_cb)(void *user, const struct http_reply *reply);

struct http_header {
	const char *name, *value;
};

/** To be called once by main(), before anything else here and before there are other threads.
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
 * @param url  copied
 * @param timeout_ms  for a call, from first to last
 * @return 0 or -Exxx
 */
int http_client_new(
	h2o_loop_t *loop, const char *url, unsigned timeout_ms, struct http_client **ret_client);

/** NULL is fine.  No call may be under way. */
void http_client_free(struct http_client *client);

/**
 * Posts JSON.
 *
 * @param json     borrowed until the call has ended
 * @param headers  what this call has beside the usual headers; copied
 * @param on_reply called once, later, never from within this function; not after a cancel
 * @return borrowed until on_reply is called or the call is cancelled; NULL without memory
 */
struct http_call *http_client_post(struct http_client *client, h2o_iovec_t json,
	const struct http_header *headers, size_t n_headers, http_reply_cb on_reply, void *user);

/** Gives a call up; its connection is closed.  NULL is fine. */
void http_call_cancel(struct http_call *call);

#endif
