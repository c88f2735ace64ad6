/* SPDX-License-Identifier: Apache-2.0 */
/* evhttp_span.h - a request and its span, from the call of the program's callback to the end of its
 * answer, or of its memory.
 *
 * Threads: the request's. */
#ifndef LT_AGENT_EVHTTP_SPAN_H
#define LT_AGENT_EVHTTP_SPAN_H

#include "hook/hook_map.h"
#include "hook_evhttp/evhttp_library.h"

struct evhttp_span {
	struct hook_entry entry;
	struct evhttp_request *req;
	struct hook_library *library;
	bool is_started;
	bool has_caller;      /* its headers carry a context */
	int status;	      /* of the answer that its connection has been given; 0: none */
	struct lt_span *span; /* NULL: none, or not started */
	/* The program's callback for the end of its answer. */
	evhttp_function completed; /* NULL: none */
	void *completed_arg;
};

/** NULL: there is none. */
struct evhttp_span *evhttp_span_find(const struct evhttp_request *req);

/** Makes it if there is none; NULL when out of memory. */
struct evhttp_span *evhttp_span_get(struct hook_library *library, struct evhttp_request *req);

/**
 * Starts the span of a request that has been read.
 * @param route  the path that the program registered; NULL: none
 */
void evhttp_span_start(struct evhttp_span *span, const char *route);

/** Has the library report the end of the answer here; the program's callback is called then. */
void evhttp_span_await(struct evhttp_span *span);

/** Ends it, if there is one: the memory of the request is about to be released.
 * @param is_internal  by the library, not by the program */
void evhttp_span_abandon(const struct evhttp_request *req, bool is_internal);

#endif
