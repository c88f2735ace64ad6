/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_server.c - one request by libh2o with a SERVER span, a child of the caller's.  libtrace-instrument
 * does this without a line of it; services/manual has all attributes.
 *
 *	$ ./h2o_server | (read listening && curl -s -H traceparent:00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 127.0.0.1:8080/hello)
 *	hello
 *	trace 4bf92f3577b34da6a3ce929d0e0e4736
 *	GET /hello  SERVER  90.0 us  http.route="/hello" http.response.status_code=200
 */
#include "h2o_listen.h"
#include <libtrace/propagation.h>
#include <libtrace/sdk.h>
#include <libtrace/semconv.h>

static struct lt_tracer *tracer;
static bool is_over;

static bool get_header(void *carrier, const char *key, size_t index, struct lt_slice *ret_value)
{
	const h2o_headers_t *headers = &((h2o_req_t *)carrier)->headers;
	ssize_t at = h2o_find_header_by_str(headers, key, strlen(key), -1);

	for (; at >= 0 && index > 0; index--)
		at = h2o_find_header_by_str(headers, key, strlen(key), at);
	if (at < 0)
		return false;
	h2o_iovec_t value = headers->entries[at].value;
	*ret_value = (struct lt_slice){value.base, value.len};
	return true;
}

static int on_hello(h2o_handler_t *self, h2o_req_t *req)
{
	static const struct lt_carrier_impl headers = {.get = get_header};
	struct lt_span_context caller;
	struct lt_span_options options = {.kind = LT_KIND_SERVER};

	(void)self;
	if (lt_extract(&headers, req, &caller) == 0)
		options.parent = &caller;
	struct lt_span *span = lt_span_start(tracer, "GET /hello", &options);
	req->res.status = 200;
	req->res.reason = "OK";
	h2o_send_inline(req, H2O_STRLIT("hello\n"));
	lt_span_set(span, LT_ATTRS(lt_str(LT_HTTP_ROUTE, "/hello"),
				  lt_int(LT_HTTP_RESPONSE_STATUS_CODE, 200)));
	lt_span_end(span);
	is_over = true;
	return 0;
}

int main(void)
{
	struct lt_provider *provider;

	if (lt_provider_new(NULL, &provider) || listen_on(8080, "/hello", on_hello))
		return 1;
	tracer = lt_tracer_get(provider, "h2o_server", NULL);
	listen_until(&is_over);
	lt_provider_free(provider);
	return 0;
}
