/* SPDX-License-Identifier: Apache-2.0 */
/* main_manual.c - the program order-service-manual: order-service-custom that also creates the
 * request's span, a child of its caller's, without libtrace-instrument. */
#include "orders_custom.h"
#include "server_span.h"

static int (*before_orders)(void);

static void on_orders(h2o_req_t *req)
{
	manual_handle(req, "POST /orders (manual)", "/orders", orders_take);
}

static void on_find(h2o_req_t *req)
{
	manual_handle(req, "GET /orders/{id} (manual)", "/orders/{id}", orders_find);
}

static int before(void)
{
	int err = manual_start("order-service");
	return err ? err : before_orders();
}

int main(int argc, char **argv)
{
	struct orders_service service = orders_custom("order-service-manual");

	before_orders = service.before;
	service.before = before;
	service.after = manual_stop;
	service.handle = on_orders;
	service.handle_find = on_find;
	return orders_main(&service, argc, argv);
}
