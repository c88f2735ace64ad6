/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_answer.h - a request's response: the headers that name its trace, and how it ends.
 *
 * Like the functions of h2o_reader.h with the same endings.
 */
#ifndef LT_AGENT_H2O_ANSWER_H
#define LT_AGENT_H2O_ANSWER_H

#include "hook/hook.h"
#include "hook_h2o/h2o_flavour.h"
#include "hook_h2o/h2o_requests.h"

void h2o_answer_begin(struct hook_library *library, h2o_req_t *req, struct h2o_request *request,
	const h2o_generator_t *generator);
void h2o_answer_switch(h2o_req_t *req, struct h2o_request *request);
void h2o_answer_send(h2o_req_t *req, int state);
h2o_socket_cb h2o_answer_completion(
	h2o_socket_t *sock, h2o_socket_cb written, const h2o_req_t *sending);
void h2o_answer_end(h2o_req_t *req, struct h2o_request *request, bool is_flushed);

#endif
