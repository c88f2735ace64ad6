/* SPDX-License-Identifier: Apache-2.0 */
#include "discount.h"

#define READ_MS 10 /* of an order out of the history */
#define ORDERS_A_PERCENT 10

struct discount {
	struct order *order;
	void (*done)(struct order *order, unsigned percent);
	unsigned n_past; /* orders of the customer's history */
	unsigned n_read; /* of them */
	struct timer timer;
};

static _Thread_local struct delay read_time;

/* Stands for a history: most customers are new, one in five has been here from the first day.
 * Source: http://www.isthe.com/chongo/tech/comp/fnv/ (FNV-1a) */
static unsigned count_past_orders(h2o_iovec_t customer)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < customer.len; i++)
		hash = (hash ^ (unsigned char)customer.base[i]) * 16777619u;
	return hash % 5 == 0 ? 60 + hash / 5 % 35 : 1 + hash / 5 % 4;
}

/* Here it ends, done or cancelled. */
static void end(struct discount *discount)
{
	timer_stop(&discount->timer);
}

static void on_read(struct timer *timer)
{
	struct discount *discount = H2O_STRUCT_FROM_MEMBER(struct discount, timer, timer);

	discount->n_read++;
	if (discount->n_read < discount->n_past) {
		timer_start(timer, &read_time, on_read);
		return;
	}
	end(discount);
	discount->done(discount->order, discount->n_past / ORDERS_A_PERCENT);
}

struct discount *discount_begin(struct order *order, h2o_iovec_t customer,
	void (*done)(struct order *order, unsigned percent))
{
	struct discount *discount =
		h2o_mem_alloc_shared(&order->work.req->pool, sizeof(*discount), NULL);

	*discount = (struct discount){
		.order = order, .done = done, .n_past = count_past_orders(customer)};
	timer_start(&discount->timer, &read_time, on_read);
	return discount;
}

void discount_cancel(struct discount *discount)
{
	end(discount);
}

void discount_start_thread(h2o_loop_t *loop)
{
	delay_init(&read_time, loop, READ_MS);
}

void discount_stop_thread(void)
{
	delay_done(&read_time);
}
