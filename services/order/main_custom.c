/* SPDX-License-Identifier: Apache-2.0 */
/* main_custom.c - the program order-service-custom: the order service with a span for each step.
 * Run it under libtrace-instrument, which creates the request's span. */
#include "orders_custom.h"

int main(int argc, char **argv)
{
	const struct orders_service service = orders_custom("order-service-custom");

	return orders_main(&service, argc, argv);
}
