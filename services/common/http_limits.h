/* SPDX-License-Identifier: Apache-2.0 */
/* http_limits.h - how much a server takes upon itself: settings, and their defaults from the limits of
 * the process. */
#ifndef SERVICES_HTTP_LIMITS_H
#define SERVICES_HTTP_LIMITS_H

/* Of one loop, once http_limits_share() has been called. */
struct http_limits {
	unsigned requests_max;	      /* in flight; beyond it requests get 503 */
	unsigned connections_max;     /* beyond it they wait in the kernel's backlog */
	unsigned lag_max_ms;	      /* a request may wait for its turn; 0: no limit */
	unsigned answer_timeout_ms;   /* for a client to take HTTP_ANSWER_STEP_BYTES of an answer */
	unsigned client_buffer_bytes; /* that the kernel keeps for a client, each way */
};

/* Progress of a client that takes an answer; a smaller answer it takes as a whole. */
#define HTTP_ANSWER_STEP_BYTES 65536

/* The settings, of service_config.h's table; a prefix, "" or "NAME_". */
#define HTTP_LIMITS_DERIVED "0 (from memory and open files)"
#define HTTP_LIMITS_CONNECTIONS(prefix, limits)                                                    \
	{                                                                                          \
		CONFIG_NUMBER, prefix "CONNECTIONS_MAX", "open connections; more of them wait",    \
			.ret_number = &(limits).connections_max, .max = 1000000,                   \
			.number_help = HTTP_LIMITS_DERIVED                                         \
	}
#define HTTP_LIMITS_REQUESTS(prefix, limits)                                                       \
	{                                                                                          \
		CONFIG_NUMBER, prefix "REQUESTS_MAX", "requests in flight; more of them get 503",  \
			.ret_number = &(limits).requests_max, .max = 1000000,                      \
			.number_help = HTTP_LIMITS_DERIVED                                         \
	}
#define HTTP_LIMITS_LAG(prefix, limits, default_ms)                                                \
	{                                                                                          \
		CONFIG_NUMBER, prefix "LAG_MAX_MS",                                                \
			"wait of a request for its turn from which on some get 503; 0: any",       \
			.ret_number = &(limits).lag_max_ms, .number = default_ms, .max = 3600000   \
	}
#define HTTP_LIMITS_ANSWER(prefix, limits)                                                         \
	{                                                                                          \
		CONFIG_NUMBER, prefix "ANSWER_TIMEOUT_MS",                                         \
			"longest wait for a client to take 64 KiB of an answer",                   \
			.ret_number = &(limits).answer_timeout_ms, .number = 10000, .min = 100,    \
			.max = 3600000                                                             \
	}
#define HTTP_LIMITS_BUFFER(prefix, limits)                                                         \
	{                                                                                          \
		CONFIG_NUMBER, prefix "CLIENT_BUFFER_BYTES", "buffered for one client, each way",  \
			.ret_number = &(limits).client_buffer_bytes, .number = 65536, .min = 4096, \
			.max = 16777216                                                            \
	}

/* What a request takes of the process, as measured. */
struct http_cost {
	unsigned descriptors; /* its connection's, and those of calls that it makes */
	unsigned bytes;
};

/* Descriptors kept back for what is no client: logs, loops, lookups, the tracing exporter. */
#define HTTP_DESCRIPTORS_KEPT 40

/** Sets the maxima that are 0 by the limits of the process, and divides them among n loops. To be
 * called once the program is set up, as what it takes already is gone. */
void http_limits_share(struct http_limits *limits, const struct http_cost *cost, unsigned n);

#endif
