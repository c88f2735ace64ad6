/* SPDX-License-Identifier: Apache-2.0 */
/* evhttp_answer.h - an answer and the headers that name its trace. */
#ifndef LT_AGENT_EVHTTP_ANSWER_H
#define LT_AGENT_EVHTTP_ANSWER_H

#include "hook_evhttp/evhttp_span.h"

/** An answer is about to be sent, with the headers that the program has set. */
void evhttp_answer_begin(struct evhttp_request *req, int status);

/** The same, with a page of the library's: it is about to clear the headers, and sets its own. */
void evhttp_answer_begin_page(struct evhttp_request *req, int status);

/** The library has cleared headers. */
void evhttp_answer_cleared(const struct evkeyvalq *headers);

/** The request's memory goes. */
void evhttp_answer_forget(const struct evhttp_request *req);

#endif
