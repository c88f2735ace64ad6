/* SPDX-License-Identifier: Apache-2.0 */
/* server.h - one event loop for all ports: OTLP in by HTTP and gRPC, queries out. */
#ifndef TRACEVIEW_SERVER_H
#define TRACEVIEW_SERVER_H

#include "http_limits.h"
#include "serve/site.h"
#include "store/store.h"

/* One request of the largest size fits. */
#define UPLOADS_MAX_BYTES_DEFAULT (64 * 1024 * 1024 + 64 * 1024)

struct server_options {
	const char *host;
	unsigned otlp_port, grpc_port, ui_port; /* 0: any free port */
	struct store *store;			/* borrowed */
	const struct site *site;		/* borrowed */
	unsigned uploads_max_bytes;		/* of all unfinished requests together */
	struct http_limits limits;		/* of the ports that speak HTTP/1.1 */
};

/**
 * Serves until SIGTERM or SIGINT.
 * @return the exit status: 0, or 1 when it cannot listen
 *
 * Call it once in a process: it installs signal handlers.
 */
int server_run(const struct server_options *options);

#endif
