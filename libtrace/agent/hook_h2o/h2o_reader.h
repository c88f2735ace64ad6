/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_reader.h - all that the hooks know of libh2o's structures: a table of functions that read
 * them, one table for each flavour (h2o_flavour.h).
 *
 * Threads: a request's own.
 */
#ifndef LT_AGENT_H2O_READER_H
#define LT_AGENT_H2O_READER_H

#include "hook/hook.h"
#include "hook_h2o/h2o_requests.h"

struct st_h2o_req_t;
struct st_h2o_generator_t;
struct st_h2o_socket_t;

struct h2o_reader {
	/**
	 * Starts the span of a request, a child of what its headers carry.
	 *
	 * @param from_arrival    start when the request's first byte was read, not now; NULL then
	 *                        for what is no request yet
	 * @param ret_has_caller  set to whether its headers carry a context, if there is a span
	 * @return new; NULL when OTEL_C_EXCLUDED_URLS names its path, or libtrace does not trace now
	 */
	struct lt_span *(*start)(struct st_h2o_req_t *req, bool from_arrival, bool *ret_has_caller);

	/** Whether a request has been read so far that something can be told of it. */
	bool (*is_request)(const struct st_h2o_req_t *req);

	/** libh2o's proxy takes the request over: starts the CLIENT span and puts it into the
	 * headers that go up. */
	void (*proxy)(struct hook_library *library, struct st_h2o_req_t *req,
		struct h2o_request *request);

	/** An answer begins; adds the headers that tell its trace, where they are wanted. */
	void (*answer)(struct hook_library *library, struct st_h2o_req_t *req,
		struct h2o_request *request, const struct st_h2o_generator_t *generator);

	/** The connection is about to be another protocol's, after the answer that is in req. */
	void (*switch_protocol)(struct st_h2o_req_t *req, struct h2o_request *request);

	/** A part of an answer comes from its handler; state is an h2o_send_state_t. */
	void (*send)(struct st_h2o_req_t *req, int state);

	/**
	 * Which function a write's end is to be told to.
	 *
	 * @param written  the one that libh2o names
	 * @param sending  the request whose h2o_send() this is in; NULL: none
	 * @return written, or one that calls it
	 */
	void (*(*completion)(struct st_h2o_socket_t *sock,
		void (*written)(struct st_h2o_socket_t *, const char *),
		const struct st_h2o_req_t *sending))(struct st_h2o_socket_t *, const char *);

	/**
	 * A request ends: records route, name, status, and what went wrong with its answer, while
	 * libh2o still has them.
	 *
	 * @param is_flushed  libh2o says that an HTTP/2 stream's frames have all been written
	 */
	void (*end)(struct st_h2o_req_t *req, struct h2o_request *request, bool is_flushed);
};

extern const struct h2o_reader h2o_reader_evloop;
extern const struct h2o_reader h2o_reader_uv; /* with AGENT_KNOWS_LIBUV only */

#endif
