/* SPDX-License-Identifier: Apache-2.0 */
#include "http_limits.h"

#include <sys/resource.h>

#include "memory_limit.h"

#define REQUESTS_MIN 4 /* whatever the limits are */
/* Of all connections one in so many is for requests that get 503. */
#define SPARE_SHARE 8

/* Descriptors that clients and calls may take. */
static uint64_t descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return 1000000;
	uint64_t n = limit.rlim_cur;
	/* A process with hardly any keeps half of them back. */
	return n > 2 * HTTP_DESCRIPTORS_KEPT ? n - HTTP_DESCRIPTORS_KEPT : n / 2;
}

/* A quarter is left to what is no request: bodies on their way, the exporter, the allocator. */
static uint64_t requests_by_memory(const struct http_cost *cost)
{
	uint64_t left = memory_left_bytes();
	return left == UINT64_MAX ? UINT64_MAX : left / 4 * 3 / cost->bytes;
}

static unsigned share(uint64_t n, unsigned n_loops)
{
	uint64_t each = (n + n_loops - 1) / n_loops;
	return each > 0 ? (unsigned)each : 1;
}

void http_limits_share(struct http_limits *limits, const struct http_cost *cost, unsigned n)
{
	uint64_t left = descriptors(), by_memory = requests_by_memory(cost);
	uint64_t requests = limits->requests_max, connections = limits->connections_max;

	if (requests == 0) {
		requests = (left - left / SPARE_SHARE) / cost->descriptors;
		requests = requests < by_memory ? requests : by_memory;
		requests = requests > REQUESTS_MIN ? requests : REQUESTS_MIN;
	}
	if (connections == 0) {
		uint64_t by_calls = (cost->descriptors - 1) * requests;
		connections = left > by_calls ? left - by_calls : 1;
		/* A connection without a request takes a fraction of what one with it takes. */
		if (by_memory < connections / 4)
			connections = by_memory * 4;
		if (connections < REQUESTS_MIN * 2)
			connections = REQUESTS_MIN * 2;
	}
	limits->requests_max = share(requests, n);
	limits->connections_max = share(connections, n);
}
