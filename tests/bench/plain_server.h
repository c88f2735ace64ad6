/* SPDX-License-Identifier: Apache-2.0 */
/* plain_server.h - a minimal libh2o server for the benchmarks: a loop per thread and one handler
 * for every path. It runs until a signal ends the process. */
#ifndef BENCH_PLAIN_SERVER_H
#define BENCH_PLAIN_SERVER_H

#include "h2o_compat.h"

/**
 * Serves on 127.0.0.1 until the process is ended.
 *
 * @param on_req    handles every request, on any of the threads; as h2o_handler_t's
 * @param body_max  bytes of a request's body; more are answered with 413
 * @return what the program is to exit with, when it cannot listen
 */
int plain_serve(unsigned port, unsigned n_threads, int (*on_req)(h2o_handler_t *, h2o_req_t *),
	size_t body_max);

/** Answers a request; the body is copied. */
void plain_answer(h2o_req_t *req, int status, const char *type, const char *body, size_t len);

#endif
