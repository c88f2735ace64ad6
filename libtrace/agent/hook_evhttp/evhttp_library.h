/* SPDX-License-Identifier: Apache-2.0 */
/* evhttp_library.h - evhttp's own functions, as in event2/http.h, which the agent is built without.
 * An enum is an int here.
 *
 * Source: https://libevent.org/doc/http_8h.html */
#ifndef LT_AGENT_EVHTTP_LIBRARY_H
#define LT_AGENT_EVHTTP_LIBRARY_H

#include "hook/agent.h"
#include "hook/hook.h"

struct evbuffer;
struct evhttp;
struct evhttp_connection;
struct evhttp_request;
struct sockaddr;

/* As in event2/keyvalq_struct.h. */
struct evkeyval {
	struct evkeyval *next, **previous;
	char *key;
	char *value;
};

struct evkeyvalq {
	struct evkeyval *first, **last;
};

typedef void (*evhttp_function)(struct evhttp_request *req, void *arg);

AGENT_HOOK void evhttp_set_gencb(struct evhttp *http, evhttp_function function, void *arg);
AGENT_HOOK int evhttp_set_cb(
	struct evhttp *http, const char *path, evhttp_function function, void *arg);
AGENT_HOOK int evhttp_del_cb(struct evhttp *http, const char *path);
AGENT_HOOK void evhttp_free(struct evhttp *http);
AGENT_HOOK void evhttp_request_free(struct evhttp_request *req);
AGENT_HOOK void evhttp_request_set_on_complete_cb(
	struct evhttp_request *req, evhttp_function function, void *arg);
AGENT_HOOK void evhttp_response_code_(struct evhttp_request *req, int code, const char *reason);
AGENT_HOOK void evhttp_send_reply(
	struct evhttp_request *req, int code, const char *reason, struct evbuffer *body);
AGENT_HOOK void evhttp_send_reply_start(struct evhttp_request *req, int code, const char *reason);
AGENT_HOOK void evhttp_send_error(struct evhttp_request *req, int error, const char *reason);
AGENT_HOOK void evhttp_clear_headers(struct evkeyvalq *headers);

extern const char *evhttp_request_get_uri(const struct evhttp_request *req);
extern int evhttp_request_get_command(const struct evhttp_request *req);
extern struct evhttp_connection *evhttp_request_get_connection(struct evhttp_request *req);
extern struct evkeyvalq *evhttp_request_get_input_headers(struct evhttp_request *req);
extern struct evkeyvalq *evhttp_request_get_output_headers(struct evhttp_request *req);
extern const struct sockaddr *evhttp_connection_get_addr(struct evhttp_connection *connection);
extern const char *evhttp_find_header(const struct evkeyvalq *headers, const char *key);
extern int evhttp_add_header(struct evkeyvalq *headers, const char *key, const char *value);

/* EVHTTP_REAL(library, evhttp_free)(http) */
#define EVHTTP_REAL(library, name) HOOK_REAL(evhttp, library, name)

#endif
