/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the program api-gateway. */
#include "gateway.h"

static void on_checkout(h2o_req_t *req)
{
	checkout(req, gateway_orders(req), NULL, 0);
}

int main(int argc, char **argv)
{
	return gateway_main("api-gateway", on_checkout, NULL, NULL, argc, argv);
}
