/* SPDX-License-Identifier: Apache-2.0 */
/* gateway.h - the api-gateway's settings, start and stop; for /checkout see checkout.h. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "checkout.h"

/* The order service, for one thread. */
struct gateway_orders {
	struct http_client *client;
	struct checkout_retries retries;
	struct delay retry_delay;
	struct gateway_faults *faults; /* NULL: none */
};

/* What --faults adds (gateway_faults.h). */
struct gateway_faults_impl {
	void (*add)(void); /* before threads are started */
	/* Sets up orders->faults on its thread: 0 or -Exxx. */
	int (*start)(h2o_loop_t *loop, const char *url, unsigned timeout_ms,
		struct gateway_orders *orders);
	void (*stop)(struct gateway_orders *orders);
	void (*handle)(h2o_req_t *req); /* instead of the program's */
};

struct gateway_faults { /* the first member of a thread's own */
	const struct gateway_faults_impl *impl;
};

struct gateway_program {
	const char *name;
	/* The handler of GET /checkout: checkout() or a wrapper of it. */
	void (*handle)(h2o_req_t *req);
	const struct gateway_faults_impl *faults; /* NULL: it has no --faults */
	/* Called after the settings are checked, before threads are started: 0, or -Exxx, which ends the
	 * program; and after the last answer, if before() succeeded. Both may be NULL. */
	int (*before)(void);
	void (*after)(void);
};

/** Runs the gateway until SIGTERM or SIGINT. @return the exit status */
int gateway_main(const struct gateway_program *program, int argc, char **argv);

/** The order service for the thread that serves req; borrowed. */
struct gateway_orders *gateway_orders(const h2o_req_t *req);

#endif
