/* SPDX-License-Identifier: Apache-2.0 */
#include "server_span.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <libtrace/propagation.h>
#include <libtrace/sdk.h>
#include <libtrace/semconv.h>

#define SHUTDOWN_TIMEOUT_MS 5000

static struct lt_provider *provider; /* NULL: not created here */
static struct lt_tracer *tracer;

/* --- the SDK ------------------------------------------------------------------------------ */

static bool variable_has(const char *name, const char *part)
{
	const char *value = getenv(name);
	return value && strstr(value, part);
}

int manual_start(const char *service_name)
{
	if (!lt_provider_global()) {
		/* As an attribute of the resource the name would override the variables. */
		if (!variable_has("OTEL_SERVICE_NAME", "") &&
			!variable_has("OTEL_RESOURCE_ATTRIBUTES", LT_SERVICE_NAME "="))
			setenv("OTEL_SERVICE_NAME", service_name, 1);
		int err = lt_provider_new(NULL, &provider);
		if (err)
			return err;
		lt_provider_set_global(provider);
	}
	tracer = lt_tracer_get(NULL, service_name, SERVICES_VERSION);
	return 0;
}

void manual_stop(void)
{
	if (!provider)
		return;
	lt_provider_set_global(NULL);
	lt_provider_shutdown(provider, SHUTDOWN_TIMEOUT_MS);
	lt_provider_free(provider);
	provider = NULL;
}

/* --- a request ---------------------------------------------------------------------------- */

/* Allocated in the request's memory. */
struct server_span {
	h2o_req_t *req;
	struct lt_span *span;
};

/* The request's headers as a carrier. */
static bool get_header(void *carrier, const char *key, size_t index, struct lt_slice *ret_value)
{
	const h2o_req_t *req = carrier;
	size_t key_len = strlen(key);

	for (size_t i = 0; i < req->headers.size; i++) {
		const h2o_header_t *header = &req->headers.entries[i];
		if (header->name->len != key_len ||
			strncasecmp(header->name->base, key, key_len) != 0)
			continue;
		if (index-- == 0) {
			*ret_value = (struct lt_slice){header->value.base, header->value.len};
			return true;
		}
	}
	return false;
}

static struct lt_slice slice_of(h2o_iovec_t text)
{
	return (struct lt_slice){text.base, text.len};
}

static struct lt_span *start_span(h2o_req_t *req, const char *name, const char *route)
{
	static const struct lt_carrier_impl headers = {.get = get_header};
	struct lt_span_context caller;
	bool has_caller = lt_extract(&headers, req, &caller) == 0;
	size_t path_len = req->query_at < req->path.len ? req->query_at : req->path.len;
	const struct lt_attr attrs[] = {
		lt_strn(LT_HTTP_REQUEST_METHOD, slice_of(req->method)),
		lt_str(LT_HTTP_ROUTE, route),
		lt_strn(LT_URL_PATH, (struct lt_slice){req->path.base, path_len}),
		lt_strn(LT_URL_SCHEME, slice_of(req->scheme->name)),
	};
	const struct lt_span_options options = {
		.parent = has_caller ? &caller : NULL,
		.kind = LT_KIND_SERVER,
		.attrs = attrs,
		.n_attrs = sizeof(attrs) / sizeof(attrs[0]),
	};

	return lt_span_start(tracer, name, &options);
}

/* Called before the memory of an answered request is freed. */
static void end_span(void *memory)
{
	struct server_span *self = memory;
	int status = self->req->res.status;

	lt_span_set(self->span, LT_ATTRS(lt_int(LT_HTTP_RESPONSE_STATUS_CODE, status)));
	if (status >= 500) {
		char error_type[12];
		snprintf(error_type, sizeof(error_type), "%d", status);
		lt_span_set(self->span, LT_ATTRS(lt_str(LT_ERROR_TYPE, error_type)));
		lt_span_status(self->span, LT_STATUS_ERROR, NULL);
	}
	lt_span_end(self->span);
}

void manual_handle(
	h2o_req_t *req, const char *span_name, const char *route, void (*handle)(h2o_req_t *req))
{
	struct server_span *self = h2o_mem_alloc_shared(&req->pool, sizeof(*self), end_span);
	struct lt_scope scope;

	*self = (struct server_span){.req = req, .span = start_span(req, span_name, route)};
	lt_scope_enter(&scope, self->span);
	handle(req);
	lt_scope_leave(&scope);
}
