/* SPDX-License-Identifier: Apache-2.0 */
/* hello.c - a bare libh2o server that answers as /checkout does: the limit of what a service on it
 * can reach.
 *
 *   hello [PORT [THREADS]]
 */
#include "plain_server.h"

static int on_req(h2o_handler_t *self, h2o_req_t *req)
{
	static const char body[] = "{\"status\":\"success\",\"order\":"
				   "{\"order_id\":\"ord-789\",\"status\":\"created\"}}";

	plain_answer(req, 200, "application/json", body, sizeof(body) - 1);
	return 0;
}

int main(int argc, char **argv)
{
	return plain_serve(argc > 1 ? (unsigned)atoi(argv[1]) : 8000,
		argc > 2 ? (unsigned)atoi(argv[2]) : 1, on_req, 65536);
}
