/* SPDX-License-Identifier: Apache-2.0 */
/* gateway.h - the api-gateway's settings and its life; what /checkout does is checkout.h. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "http_client.h"

/**
 * Runs the gateway with a handler for GET /checkout until it is told to stop.
 *
 * @param name    of the program
 * @param handle  the route's handler; most likely checkout() with something round it
 * @param before  called once the settings are known to be right, before there are threads; 0, or
 *                -Exxx, which ends the program; NULL: nothing
 * @param after   called after the last answer, if before() succeeded; NULL: nothing
 * @return what the program is to exit with
 */
int gateway_main(const char *name, void (*handle)(h2o_req_t *req), int (*before)(void),
	void (*after)(void), int argc, char **argv);

/** The client of the order service for the thread that serves req; borrowed. */
struct http_client *gateway_orders(const h2o_req_t *req);

#endif
