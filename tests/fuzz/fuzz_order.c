/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_order.c - what anybody may post as an order. Accepted orders are within the limits. */
#include "fuzz.h"
#include "orders.h"

#include "http_answer.h"

#include <stdlib.h>

static void must_be_within_limits(const json_t *item, const json_t *qty)
{
	size_t item_len = json_string_length(item);
	const json_int_t n = json_integer_value(qty);
	if (item_len < 1 || item_len > ORDER_ITEM_MAX_BYTES || n < 1 || n > ORDER_QTY_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[HTTP_WHY_BYTES] = "";
	const json_t *item, *qty;
	json_t *order = http_parse_json(h2o_iovec_init((const char *)data, size), why);
	if (!order != !!*why || (order && !json_is_object(order)))
		abort();
	if (order && !orders_check(order, &item, &qty))
		must_be_within_limits(item, qty);
	json_decref(order);
	return 0;
}
