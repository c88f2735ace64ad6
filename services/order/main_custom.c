/* SPDX-License-Identifier: Apache-2.0 */
/* main_custom.c - the program order-service-custom: the order service that shows what it spends its
 * time on.  It is to be run under libtrace-instrument, which makes the request's own span. */
#include "orders_custom.h"

int main(int argc, char **argv)
{
	const struct orders_service service = orders_custom("order-service-custom");

	return orders_main(&service, argc, argv);
}
