/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the program api-gateway. */
#include "gateway_faults.h"

static void on_checkout(h2o_req_t *req)
{
	const struct gateway_orders *orders = gateway_orders(req);

	checkout(req, orders->client, &orders->retries, NULL, 0);
}

int main(int argc, char **argv)
{
	const struct gateway_program program = {
		.name = "api-gateway", .handle = on_checkout, .faults = &gateway_faults};

	return gateway_main(&program, argc, argv);
}
