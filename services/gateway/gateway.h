/* SPDX-License-Identifier: Apache-2.0 */
/* gateway.h - the api-gateway's settings, start and stop; for /checkout see checkout.h. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "checkout.h"

/**
 * Runs the gateway with a handler for GET /checkout until SIGTERM or SIGINT.
 *
 * @param name    of the program
 * @param handle  the route's handler: checkout() or a wrapper of it
 * @param before  called after the settings are checked, before threads are started; 0, or -Exxx,
 *                which ends the program; may be NULL
 * @param after   called after the last answer, if before() succeeded; may be NULL
 * @return the exit status
 */
int gateway_main(const char *name, void (*handle)(h2o_req_t *req), int (*before)(void),
	void (*after)(void), int argc, char **argv);

/** The order service for the thread that serves req; borrowed. */
struct checkout_orders *gateway_orders(const h2o_req_t *req);

#endif
