/* SPDX-License-Identifier: Apache-2.0 */
#include "orders_wrap.h"

#include <string.h>

size_t orders_wrap_extra(struct orders_service *service, size_t size)
{
	size_t align = _Alignof(max_align_t);
	size_t at = (service->extra_size + align - 1) & ~(align - 1);

	service->extra_size = at + size;
	return at;
}

void orders_wrap_insert(struct orders_service *service, struct order_step steps[ORDER_STEPS_MAX],
	void (*begin)(struct order *order), void (**ret_before)(struct order *order))
{
	memcpy(steps, service->steps, service->n_steps * sizeof(steps[0]));
	for (size_t i = 0; i < service->n_steps; i++) {
		if (steps[i].is_insert) {
			*ret_before = steps[i].begin;
			steps[i].begin = begin;
		}
	}
	service->steps = steps;
}
