/* SPDX-License-Identifier: Apache-2.0 */
/* server_span.h - what a program does for its traces when nobody does it: the SDK in main(), and a
 * SERVER span round each request.  Shared by api-gateway-manual and order-service-manual. */
#ifndef MANUAL_SERVER_SPAN_H
#define MANUAL_SERVER_SPAN_H

#include <h2o.h>

/**
 * Makes a provider as the OTEL_* variables say, unless there is one already.
 * @param service_name  service.name, unless a variable gives it
 * @return 0, also when OTEL_SDK_DISABLED is true, or -Exxx
 */
int manual_start(const char *service_name);

/** Sends what is still to be sent, 5 s at most, and frees what manual_start() made. */
void manual_stop(void);

/**
 * Handles a request under a SERVER span, whose parent is the caller's span, as the request's
 * headers name it.  The span is current while handle() runs, and ends with the request.
 */
void manual_handle(
	h2o_req_t *req, const char *span_name, const char *route, void (*handle)(h2o_req_t *req));

#endif
