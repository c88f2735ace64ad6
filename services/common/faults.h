/* SPDX-License-Identifier: Apache-2.0 */
/* faults.h - what goes wrong on purpose, switched while a service runs, for those who learn to find it.
 *
 * A service that is started with --faults lists its faults by GET /faults and switches each by
 * PUT /faults/NAME, whose body is its size: none for its usual one, 0 for off.  Both are for clients
 * on loopback.  A request's header "X-Fault: NAME[=SIZE], ..." (the first one that it has), from any
 * client, sets the sizes for that request alone, 0 as well.  What names a fault that the service does
 * not know, or has a wrong size, is ignored: the gateway sends the header on to the order service.
 *
 * Without --faults none of it is registered: no request meets a line of it.
 */
#ifndef SERVICES_FAULTS_H
#define SERVICES_FAULTS_H

#include <stdatomic.h>

#include "h2o_compat.h"

#define FAULT_HEADER "x-fault"

struct fault {
	const char *name;
	const char *help; /* what goes wrong, one line; "SIZE" stands for its size */
	const char *unit; /* of the size */
	unsigned size;	  /* the usual one */
	unsigned max;
	atomic_uint now; /* its size; 0: off */
};

#define FAULTS_MAX 32 /* of a process */

/** Adds to the faults of the process, before it serves.
 * @param faults  borrowed for good */
void faults_add(struct fault *faults, size_t n);

/* The option's row of service_config.h's table. */
#define FAULTS_SETTING(given)                                                                      \
	{                                                                                          \
		CONFIG_SWITCH, NULL, "GET /faults lists what can be made to go wrong, for labs",   \
			.option = "--faults", .ret_given = &(given)                                \
	}

/* The routes' handlers: GET /faults, PUT /faults/{name}. */
void faults_list(h2o_req_t *req);
void faults_put(h2o_req_t *req);
/* The latter where the path begins otherwise. @param name  what follows "/faults/" */
void faults_put_name(h2o_req_t *req, h2o_iovec_t name);
#define FAULTS_ROUTES                                                                              \
	{"/faults/", "PUT", faults_put},                                                           \
	{                                                                                          \
		"/faults", "GET", faults_list                                                      \
	}
#define FAULTS_N_ROUTES 2

/** The size of a fault for a request; 0: it is off. Threads: any. */
unsigned fault_size(const h2o_req_t *req, const struct fault *fault);

#endif
