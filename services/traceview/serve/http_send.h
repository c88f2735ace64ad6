/* SPDX-License-Identifier: Apache-2.0 */
/* http_send.h - sends answers of any type and size from a buffer that lives until they are sent. */
#ifndef TRACEVIEW_HTTP_SEND_H
#define TRACEVIEW_HTTP_SEND_H

#include "base/buffer.h"
#include "h2o_compat.h"

/** Answers a request, once; HEAD gets only the headers. @param body taken; empty afterwards */
void http_send(h2o_req_t *req, int status, const char *content_type, struct buffer *body);

/** Answers with a line of plain text; text is static. */
void http_send_text(h2o_req_t *req, int status, const char *text);

/** Adds a header before the answer is sent; name is in lower case, both are static. */
void http_send_header(h2o_req_t *req, const char *name, const char *value);

/** The value of a request's header; ptr is NULL when absent. */
struct lt_slice http_header(const h2o_req_t *req, const h2o_token_t *name);

#endif
