/* SPDX-License-Identifier: Apache-2.0 */
/* orders_find.c - orders with ids of their own: "ord-" and the number in the store. */
#include <string.h>

#include "base/text.h"
#include "http_answer.h"
#include "log.h"
#include "orders.h"

#define PREFIX "ord-"
#define NUMBER_MAX_DIGITS 18 /* fits int64_t */

static void add_id(struct text *text, long long number)
{
	text_adds(text, "{\"order_id\":\"" PREFIX);
	text_addi(text, number);
	text_adds(text, "\"");
}

void orders_answer_stored(h2o_req_t *req, long long number)
{
	size_t capacity = sizeof("{'order_id':'ord-','status':'created'}") + NUMBER_MAX_DIGITS + 1;
	struct text text = text_in(compat_alloc_text(req, capacity), capacity);

	add_id(&text, number);
	text_adds(&text, ",\"status\":\"created\"}");
	http_answer(req, 200, text.ptr, text.len);
}

void orders_answer_error(h2o_req_t *req, enum order_store_error error)
{
	const char *name = order_store_error_name(error);

	log_warn("the store has refused an order", LOG_FIELDS(log_str("error", name)));
	http_answer_later(req, name,
		error == ORDER_STORE_BUSY   ? "the store of orders is busy"
		: error == ORDER_STORE_FULL ? "the store of orders is full"
					    : "the store of orders cannot be used");
}

/* --- GET /orders/{id} --------------------------------------------------------------------- */

struct lookup {
	struct http_work work;
	struct order_store_call *find; /* NULL: none in progress */
};

static void stop_lookup(struct http_work *work)
{
	struct lookup *lookup = (struct lookup *)work;

	if (lookup->find)
		lookup->find->impl->cancel(lookup->find);
}

static void answer_unknown(h2o_req_t *req)
{
	http_error(req, 404, "not_found", "there is no order with this id");
}

static void answer_record(h2o_req_t *req, const struct order_record *record)
{
	size_t item_len = strlen(record->item);
	size_t capacity = sizeof("{'order_id':'ord-','item':,'qty':,'status':'created'}") +
			  (NUMBER_MAX_DIGITS + 1) * 2 + TEXT_JSON_MAX(item_len);
	struct text text = text_in(compat_alloc_text(req, capacity), capacity);

	add_id(&text, record->number);
	text_adds(&text, ",\"item\":");
	text_add_json(&text, record->item, item_len);
	text_adds(&text, ",\"qty\":");
	text_addi(&text, record->qty);
	text_adds(&text, ",\"status\":\"created\"}");
	http_answer(req, 200, text.ptr, text.len);
}

static void on_found(void *user, const struct order_store_result *result)
{
	struct lookup *lookup = user;
	h2o_req_t *req = http_work_end(&lookup->work);

	lookup->find = NULL;
	if (result->error == ORDER_STORE_NOT_FOUND)
		answer_unknown(req);
	else if (result->error)
		orders_answer_error(req, result->error);
	else
		answer_record(req, &result->record);
}

/* @return 0: it is no id of ours */
static int64_t parse_id(h2o_iovec_t path)
{
	size_t prefix_len = strlen("/orders/" PREFIX);
	int64_t number = 0;

	if (path.len <= prefix_len || path.len > prefix_len + NUMBER_MAX_DIGITS ||
		memcmp(path.base, "/orders/" PREFIX, prefix_len) != 0 ||
		path.base[prefix_len] == '0')
		return 0;
	for (size_t i = prefix_len; i < path.len; i++) {
		if (path.base[i] < '0' || path.base[i] > '9')
			return 0;
		number = number * 10 + (path.base[i] - '0');
	}
	return number;
}

void orders_find(h2o_req_t *req)
{
	struct order_store_loop *store = orders_store(req);
	int64_t number = parse_id(req->path_normalized);

	if (number == 0) {
		answer_unknown(req);
		return;
	}
	struct lookup *lookup = http_work_new(req, sizeof(*lookup), stop_lookup);
	const struct order_store_context context = orders_context(req, NULL);
	lookup->find = store->impl->find(store, number, &context, on_found, lookup);
	if (!lookup->find)
		orders_answer_error(http_work_end(&lookup->work), ORDER_STORE_BUSY);
}
