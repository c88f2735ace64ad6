/* SPDX-License-Identifier: Apache-2.0 */
/* http_answer.h - JSON in, JSON out: request bodies, answers, errors.
 *
 * An error is {"error":"<code_word>","message":"<for a reader>"}; libh2o's own errors, found before
 * a handler is called, have the same form.
 */
#ifndef SERVICES_HTTP_ANSWER_H
#define SERVICES_HTTP_ANSWER_H

#include <jansson.h>

#include "h2o_compat.h"

/* Limit of a request's body in bytes; larger ones get 413. */
#define HTTP_BODY_MAX_BYTES 65536

/**
 * Answers a request, once, in one write. A HEAD request gets only the headers. While the server
 * drains or has hardly a connection left, the answer closes its connection.
 *
 * @param json  borrowed until the request ends: a literal, or memory of its pool
 */
void http_answer(h2o_req_t *req, int status, const char *json, size_t len);

/** http_answer() for another Content-Type. */
void http_answer_as(h2o_req_t *req, int status, const char *type, const char *body, size_t len);

/**
 * Answers with an error.
 *
 * @param code     a word that programs may rely on, such as "not_found"
 * @param message  for people; copied, at most 512 bytes
 */
void http_error(h2o_req_t *req, int status, const char *code, const char *message);

/** http_error() with a message formatted as by printf(). */
__attribute__((format(printf, 4, 5))) void http_errorf(
	h2o_req_t *req, int status, const char *code, const char *format, ...);

/** Answers a request that may be sent again in a second: 503 with Retry-After. @param why  for people */
void http_answer_later(h2o_req_t *req, const char *code, const char *why);

/** http_answer_later() for a request beyond the limit. @param why  for people */
void http_answer_busy(h2o_req_t *req, const char *why);

/* Bytes of a message about a body, with its NUL. */
#define HTTP_WHY_BYTES 256

/**
 * Reads a JSON object; its keys must differ.
 * @param why  filled on failure
 * @return new, for json_decref(); NULL
 */
json_t *http_parse_json(h2o_iovec_t body, char why[HTTP_WHY_BYTES]);

/**
 * Reads a request's body as a JSON object. On failure it answers the request: 415 for a
 * Content-Type other than application/json, 413 over HTTP_BODY_MAX_BYTES, 400, with the position,
 * for malformed JSON or another type than an object.
 * @return new, for json_decref(); NULL after it has answered
 */
json_t *http_read_json(h2o_req_t *req);

/** Converts h2o's own errors under pathconf, which are plain text, to JSON. */
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
