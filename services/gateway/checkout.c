/* SPDX-License-Identifier: Apache-2.0 */
/* checkout.c - GET /checkout. Each request makes one call, or more if replies are lost:
 *
 *   checkout()  parse the query, post the order            (the loop goes on with other requests)
 *   on_reply() check the reply, wrap it, answer; or post the order again, maybe a moment later
 */
#include "checkout.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/number.h"
#include "base/text.h"
#include "http_answer.h"
#include "http_counts.h"
#include "http_work.h"
#include "log.h"
#include "query.h"

struct checkout {
	struct http_work work;
	struct http_call *call;	 /* NULL: none in progress */
	struct retries *retries; /* NULL: none */
};

/* --- the request -------------------------------------------------------------------------- */

struct order {
	char item[CHECKOUT_ITEM_MAX_BYTES];
	size_t item_len;
	unsigned qty;
};

static bool read_item(struct order *order, const struct query_value *value)
{
	if (!value->is_valid || value->len < 1 || value->len > CHECKOUT_ITEM_MAX_BYTES ||
		!utf8_is_valid(value->bytes, value->len) || memchr(value->bytes, 0, value->len))
		return false;
	memcpy(order->item, value->bytes, value->len);
	order->item_len = value->len;
	return true;
}

static bool read_qty(struct order *order, const struct query_value *value)
{
	return value->is_valid &&
	       number_read(value->bytes, value->len, 1, CHECKOUT_QTY_MAX, &order->qty);
}

/* @return NULL, or a message that names the invalid parameter */
static const char *read_order(struct order *order, h2o_req_t *req)
{
	char buffer[CHECKOUT_ITEM_MAX_BYTES + 1]; /* one more, to detect longer values */
	struct query_value value;

	*order = (struct order){.item = "widget", .item_len = strlen("widget"), .qty = 1};
	if (req->query_at == SIZE_MAX)
		return NULL;
	h2o_iovec_t query = h2o_iovec_init(
		req->path.base + req->query_at + 1, req->path.len - req->query_at - 1);
	if (query_get(query, "item", buffer, sizeof(buffer), &value) && !read_item(order, &value))
		return "item must be given once, as 1 to 256 bytes of UTF-8 without NUL";
	if (query_get(query, "qty", buffer, sizeof(buffer), &value) && !read_qty(order, &value))
		return "qty must be given once, as a whole number from 1 to 1000000";
	return NULL;
}

static h2o_iovec_t order_json(h2o_req_t *req, const struct order *order)
{
	size_t capacity = sizeof("{'item':,'qty':1000000}") + TEXT_JSON_MAX(order->item_len);
	struct text text = text_in(compat_alloc_text(req, capacity), capacity);

	text_adds(&text, "{\"item\":");
	text_add_json(&text, order->item, order->item_len);
	text_adds(&text, ",\"qty\":");
	text_addi(&text, order->qty);
	text_adds(&text, "}");
	return h2o_iovec_init(text.ptr, text.len);
}

/* --- the reply ---------------------------------------------------------------------------- */

/* Skips literal at the start of rest. @return whether it was there */
static bool take(h2o_iovec_t *rest, const char *literal)
{
	size_t len = strlen(literal);

	if (rest->len < len || memcmp(rest->base, literal, len) != 0)
		return false;
	*rest = h2o_iovec_init(rest->base + len, rest->len - len);
	return true;
}

/* Skips the content of a JSON string, as far as it is printable ASCII without escapes. */
static void take_plain_text(h2o_iovec_t *rest)
{
	while (rest->len > 0 && *rest->base >= ' ' && *rest->base <= '~' && *rest->base != '"' &&
		*rest->base != '\\')
		*rest = h2o_iovec_init(rest->base + 1, rest->len - 1);
}

/* Whether a reply has the exact form that our order services write. Then no JSON tree is built, which
 * takes 9,150 of a checkout's 70,450 instructions. */
static bool is_usual_order(const struct http_reply *reply)
{
	h2o_iovec_t rest = h2o_iovec_init(reply->body, reply->body_len);

	if (!take(&rest, "{\"order_id\":\""))
		return false;
	take_plain_text(&rest);
	if (!take(&rest, "\",\"status\":\""))
		return false;
	take_plain_text(&rest);
	return take(&rest, "\"}") && rest.len == 0;
}

/* Whether the order service's answer is {"order_id":"…","status":"…"}, and maybe more. */
static bool is_order(const struct http_reply *reply)
{
	if (is_usual_order(reply))
		return true;
	json_t *json = json_loadb(reply->body, reply->body_len, JSON_REJECT_DUPLICATES, NULL);
	bool is = json_is_string(json_object_get(json, "order_id")) &&
		  json_is_string(json_object_get(json, "status"));
	json_decref(json);
	return is;
}

static void answer_order(h2o_req_t *req, const struct http_reply *reply)
{
	static const char before[] = "{\"status\":\"success\",\"order\":";
	size_t capacity = sizeof(before) + reply->body_len;
	struct text text = text_in(compat_alloc_text(req, capacity), capacity);

	text_adds(&text, before);
	text_add(&text, reply->body, reply->body_len);
	text_addc(&text, '}');
	http_answer(req, 200, text.ptr, text.len);
}

static void answer_failure(h2o_req_t *req, int status, const char *code, const char *message,
	const struct log_field *cause)
{
	log_warn(message, cause, 1);
	http_error(req, status, code, message);
}

static void answer_no_room(h2o_req_t *req)
{
	http_count(HTTP_SHED_CALLS);
	http_answer_busy(req, "too many requests for the descriptors or memory of this process");
}

/* --- retries ------------------------------------------------------------------------------ */

/* What is needed to send an order again. */
struct retries {
	struct http_client *client;
	const struct checkout_retries *how;
	unsigned n_left;
	struct timer timer;
	h2o_iovec_t json;
	char key[sizeof("0123456789abcdef") * 2];
	size_t n_headers;
	struct http_header headers[CHECKOUT_HEADERS_MAX + 1];
};

struct repeatable_checkout {
	struct checkout checkout;
	struct retries retries;
};

static void on_reply(void *user, const struct http_reply *reply);

/* The object is a repeatable_checkout. @return false: there is no randomness for a key */
static bool allow_retries(struct checkout *checkout, struct http_client *client,
	const struct checkout_retries *how, h2o_iovec_t json, const struct http_header *headers,
	size_t n_headers)
{
	struct retries *retries = &((struct repeatable_checkout *)checkout)->retries;
	uint64_t key[2];

	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return false;
	*retries = (struct retries){.client = client,
		.how = how,
		.n_left = how->n_max,
		.json = json,
		.n_headers = n_headers};
	snprintf(retries->key, sizeof(retries->key), "%016" PRIx64 "%016" PRIx64, key[0], key[1]);
	for (size_t i = 0; i < n_headers; i++)
		retries->headers[i] = headers[i];
	retries->headers[retries->n_headers++] =
		(struct http_header){"Idempotency-Key", retries->key};
	checkout->retries = retries;
	return true;
}

static void retry(struct checkout *checkout)
{
	struct retries *retries = checkout->retries;

	checkout->call = http_client_post(retries->client, retries->json, retries->headers,
		retries->n_headers, on_reply, checkout);
	if (!checkout->call)
		answer_no_room(http_work_end(&checkout->work));
}

static void on_delay(struct timer *timer)
{
	struct retries *retries = H2O_STRUCT_FROM_MEMBER(struct retries, timer, timer);
	retry(&H2O_STRUCT_FROM_MEMBER(struct repeatable_checkout, retries, retries)->checkout);
}

/* Whether the order is sent again instead of answered. */
static bool is_retried(struct checkout *checkout, const struct http_reply *reply)
{
	struct retries *retries = checkout->retries;

	if (!retries || retries->n_left == 0 || !retries->how->wants(reply))
		return false;
	retries->n_left--;
	if (retries->how->delay)
		timer_start(&retries->timer, retries->how->delay, on_delay);
	else
		retry(checkout);
	return true;
}

bool checkout_reply_is_lost(const struct http_reply *reply)
{
	return reply->error == HTTP_CALL_UNREACHABLE || reply->error == HTTP_CALL_BROKEN;
}

static void on_reply(void *user, const struct http_reply *reply)
{
	struct checkout *checkout = user;

	checkout->call = NULL;
	if (is_retried(checkout, reply))
		return;
	h2o_req_t *req = http_work_end(&checkout->work);
	struct log_field reason = log_str("reason", reply->reason);
	struct log_field status = log_int("status", reply->status);

	if (reply->error == HTTP_CALL_NO_ROOM)
		answer_no_room(req);
	else if (reply->error == HTTP_CALL_TIMEOUT)
		answer_failure(req, 504, "order_service_timeout",
			"the order service did not answer in time", &reason);
	else if (reply->error == HTTP_CALL_UNREACHABLE)
		answer_failure(req, 502, "order_service_unreachable",
			"the order service cannot be reached", &reason);
	else if (reply->error != HTTP_CALL_OK)
		answer_failure(req, 502, "order_service_failed",
			"the order service's answer is incomplete", &reason);
	else if (reply->status != 200)
		answer_failure(req, 502, "order_service_failed",
			"the order service rejected the order", &status);
	else if (!is_order(reply))
		answer_failure(req, 502, "order_service_failed",
			"the order service's answer is not an order", &status);
	else
		answer_order(req, reply);
}

static void stop_checkout(struct http_work *work)
{
	struct checkout *checkout = (struct checkout *)work;
	http_call_cancel(checkout->call);
	checkout->call = NULL;
	if (checkout->retries)
		timer_stop(&checkout->retries->timer);
}

void checkout(h2o_req_t *req, struct http_client *client, const struct checkout_retries *retries,
	const struct http_header *headers, size_t n_headers)
{
	struct order order;
	const char *wrong = read_order(&order, req);

	if (wrong) {
		http_error(req, 400, "invalid_parameter", wrong);
		return;
	}
	bool may_retry = retries->n_max > 0;
	struct checkout *checkout = http_work_new(req,
		may_retry ? sizeof(struct repeatable_checkout) : sizeof(*checkout), stop_checkout);
	h2o_iovec_t json = order_json(req, &order);
	if (may_retry && allow_retries(checkout, client, retries, json, headers, n_headers)) {
		headers = checkout->retries->headers;
		n_headers = checkout->retries->n_headers;
	}
	checkout->call = http_client_post(client, json, headers, n_headers, on_reply, checkout);
	if (!checkout->call)
		answer_no_room(http_work_end(&checkout->work));
}
