/* SPDX-License-Identifier: Apache-2.0 */
/* server_span.h - tracing by hand: the SDK in main(), and a SERVER span around each request. Shared
 * by api-gateway-manual and order-service-manual. */
#ifndef MANUAL_SERVER_SPAN_H
#define MANUAL_SERVER_SPAN_H

#include <h2o.h>

/**
 * Creates a provider configured by the OTEL_* variables, unless there is one already.
 * @param service_name  service.name, unless a variable sets it
 * @return 0, also when OTEL_SDK_DISABLED is true, or -Exxx
 */
int manual_start(const char *service_name);

/** Flushes for up to 5 s and frees what manual_start() created. */
void manual_stop(void);

/**
 * Handles a request under a SERVER span, whose parent is the span in the request's headers. The
 * span is current while handle() runs, and ends with the request.
 */
void manual_handle(
	h2o_req_t *req, const char *span_name, const char *route, void (*handle)(h2o_req_t *req));

#endif
