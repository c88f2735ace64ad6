/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_reader.h - the hooks' access to libh2o's structures: a table of functions that read them, one
 * for each flavour (h2o_flavour.h).
 *
 * Threads: the request's. */
#ifndef LT_AGENT_H2O_READER_H
#define LT_AGENT_H2O_READER_H

#include "hook/hook.h"
#include "hook_h2o/h2o_requests.h"

struct st_h2o_req_t;
struct st_h2o_generator_t;
struct st_h2o_socket_t;
struct st_h2o_timeout_entry_t;

struct h2o_reader {
	/**
	 * Starts the span of a request, a child of the context in its headers.
	 *
	 * @param from_arrival    start when the request's first byte was read, not now; NULL then
	 *                        for what is no request yet
	 * @param ret_has_caller  set to whether its headers carry a context, if there is a span
	 * @return new; NULL when OTEL_C_EXCLUDED_URLS names its path, or tracing is suppressed
	 */
	struct lt_span *(*start)(struct st_h2o_req_t *req, bool from_arrival, bool *ret_has_caller);

	/** Whether enough of a request has been read for a span. */
	bool (*is_request)(const struct st_h2o_req_t *req);

	/** libh2o's proxy takes the request: starts the CLIENT span and injects it into the
	 * upstream request's headers. */
	void (*proxy)(struct hook_library *library, struct st_h2o_req_t *req,
		struct h2o_request *request);

	/** A response starts; adds the headers that name its trace, if enabled. */
	void (*answer)(struct hook_library *library, struct st_h2o_req_t *req,
		struct h2o_request *request, const struct st_h2o_generator_t *generator);

	/** The connection is about to change to another protocol, after the response in req. */
	void (*switch_protocol)(struct st_h2o_req_t *req, struct h2o_request *request);

	/** The handler has sent a part of a response; state is an h2o_send_state_t. */
	void (*send)(struct st_h2o_req_t *req, int state);

	/**
	 * The callback to use for the end of a write.
	 *
	 * @param written  libh2o's callback
	 * @param sending  the request whose h2o_send() this is in; NULL: none
	 * @return written, or one that calls it
	 */
	void (*(*completion)(struct st_h2o_socket_t *sock,
		void (*written)(struct st_h2o_socket_t *, const char *),
		const struct st_h2o_req_t *sending))(struct st_h2o_socket_t *, const char *);

	/** The callback's place in a timer; NULL: timers of this version are not followed. */
	void (**(*timer_callback)(struct st_h2o_timeout_entry_t *timer))(
		struct st_h2o_timeout_entry_t *);

	/**
	 * A request ends: records route, name, status, and the error of its response, while libh2o
	 * still has them.
	 *
	 * @param is_flushed libh2o says that an HTTP/2 stream's frames have all been written
	 */
	void (*end)(struct st_h2o_req_t *req, struct h2o_request *request, bool is_flushed);
};

extern const struct h2o_reader h2o_reader_evloop;
extern const struct h2o_reader h2o_reader_uv; /* with AGENT_KNOWS_LIBUV only */

#endif
