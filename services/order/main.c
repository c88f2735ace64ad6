/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the program order-service: an order takes half a second. */
#include "orders_faults.h"

int main(int argc, char **argv)
{
	const struct order_step steps[] = {
		{"ORDER_PROCESSING_MS", 500, "how long an order takes", .is_insert = true},
	};
	const struct orders_service service = {.name = "order-service",
		.steps = steps,
		.n_steps = 1,
		.add_faults = orders_faults_add};

	return orders_main(&service, argc, argv);
}
