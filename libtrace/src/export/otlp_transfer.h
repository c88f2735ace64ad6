/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_transfer.h - a request to the collector and its response, over a persistent connection.
 *
 * libcurl is driven by its multi interface, in slices: the thread holds the fork lock while it is
 * in libcurl, and not while it waits for the network.  A fork's child creates its own handles and
 * does not use its parent's. */
#ifndef LT_OTLP_TRANSFER_H
#define LT_OTLP_TRANSFER_H

#include "export/curl_wakeup.h"
#include "export/otlp_http_config.h"
#include "util/encode_buffer.h"
#include "util/own_fd.h"

#include <pthread.h>
#include <stdatomic.h>

/* At a time one; while it connects, also attempts by IPv6 and IPv4, and the previous one. */
#define LT_TRANSFER_SOCKETS 16

struct lt_otlp_transfer {
	const struct lt_otlp_http_config *config; /* borrowed */
	const struct lt_curl_library *curl;	  /* NULL: not loaded yet */
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	_Atomic pid_t owner; /* the process that owns the handles; a child creates its own */
	struct lt_own_fd sockets[LT_TRANSFER_SOCKETS];
	struct lt_own_fd inner[LT_CURL_WAKEUP_FDS]; /* of multi, which closes them */
	struct lt_buffer response;		    /* body */

	/* Monotonic; 0: none.  The end of the current request, which another thread may set. */
	_Atomic uint64_t end_ns;
	pthread_mutex_t lock; /* of what follows; held briefly */
	pthread_cond_t ended; /* end_ns has been set */
	struct lt_own_fd wake[2];
};

/* What became of a request. */
struct lt_otlp_outcome {
	CURLcode code;	       /* CURLE_OK: there was a response */
	const char *text;      /* of code; static */
	long status;	       /* HTTP; 0: no response */
	int64_t retry_after_s; /* 0: not given; negative: a date that is past */
};

/** Allocates nothing yet. @param config borrowed until lt_otlp_transfer_done() */
void lt_otlp_transfer_init(
	struct lt_otlp_transfer *transfer, const struct lt_otlp_http_config *config);

/**
 * Sends body as one request and waits for the response, which is then in transfer->response.
 * @param deadline_ns monotonic; UINT64_MAX: none
 * @return 0; -EAGAIN when libcurl or its handles are not available (reported): a later attempt may
 *   succeed
 * Threads: one at a time.
 */
int lt_otlp_transfer_send(struct lt_otlp_transfer *transfer, const struct lt_buffer *body,
	uint64_t deadline_ns, struct lt_otlp_outcome *ret_outcome);

/** Waits until until_ns (monotonic), or until end_ns differs from the caller's value. */
void lt_otlp_transfer_rest(
	struct lt_otlp_transfer *transfer, uint64_t until_ns, uint64_t known_end_ns);

/** Ends all requests at end_ns, the current one included.  Any thread. */
void lt_otlp_transfer_end_by(struct lt_otlp_transfer *transfer, uint64_t end_ns);

/** Not while a request is in progress. */
void lt_otlp_transfer_done(struct lt_otlp_transfer *transfer);

#endif
