/* SPDX-License-Identifier: Apache-2.0 */
/* http_answer.h - JSON in, JSON out: request bodies, answers, errors.
 *
 * An error is {"error":"<code_word>","message":"<for a reader>"}; so are the errors that libh2o
 * finds itself before there is a request to handle.
 */
#ifndef SERVICES_HTTP_ANSWER_H
#define SERVICES_HTTP_ANSWER_H

#include <jansson.h>

#include "h2o_compat.h"

/* Bytes of a request's body; more are answered with 413. */
#define HTTP_BODY_MAX 65536

/**
 * Answers a request, once, in one write.  A HEAD request gets the headers alone.  While the server
 * drains the answer closes its connection.
 *
 * @param json  borrowed as long as the request lives: a literal, or memory of its pool
 */
void http_answer(h2o_req_t *req, int status, const char *json, size_t len);

/** The same for a body of another Content-Type. */
void http_answer_as(h2o_req_t *req, int status, const char *type, const char *body, size_t len);

/**
 * Answers with an error.
 *
 * @param code     a word that programs may rely on, such as "not_found"
 * @param message  for a reader; copied, its first 512 bytes
 */
void http_error(h2o_req_t *req, int status, const char *code, const char *message);

/** The same with a message put together as printf does. */
__attribute__((format(printf, 4, 5))) void http_errorf(
	h2o_req_t *req, int status, const char *code, const char *format, ...);

/* Bytes of what is wrong with a body, with its NUL. */
#define HTTP_WHY_BYTES 256

/**
 * Reads a JSON object; its keys must differ.
 * @param why  filled when it is none
 * @return new, for json_decref(); NULL
 */
json_t *http_parse_json(h2o_iovec_t body, char why[HTTP_WHY_BYTES]);

/**
 * Reads a request's body as a JSON object.  Otherwise it answers: 415 for another Content-Type than
 * application/json, 413 over HTTP_BODY_MAX, 400 for what is not JSON, with the position, or not an
 * object.
 * @return new, for json_decref(); NULL after it has answered
 */
json_t *http_read_json(h2o_req_t *req);

/** Makes h2o's own errors that look for pathconf's answer (plain text) JSON as well. */
void http_answer_own_errors(h2o_pathconf_t *pathconf);

/* Another way of writing them; the status is in req->res. */
struct http_own_errors {
	const char *(*type)(h2o_req_t *req); /* Content-Type; static */
	/* In memory of the request's pool, or static. */
	h2o_iovec_t (*body)(h2o_req_t *req, const char *message, size_t len);
};

/** @param how  borrowed for good */
void http_answer_own_errors_as(h2o_pathconf_t *pathconf, const struct http_own_errors *how);

#endif
