/* SPDX-License-Identifier: Apache-2.0 */
/* receiver.h - handles request bodies of both OTLP ports: decodes, stores, writes the answer. */
#ifndef TRACEVIEW_RECEIVER_H
#define TRACEVIEW_RECEIVER_H

#include "serve/coding.h"
#include "store/intake.h"

#include <stdatomic.h>

/* Limit of a request's body, as sent and after inflating. */
#define RECEIVE_BODY_MAX_BYTES ((size_t)64 * 1024 * 1024)

/* Ample for any answer. */
#define RECEIVE_ANSWER_MAX_BYTES 4096

/* Metrics and logs are accepted, so that an SDK that sends all three reports no errors, but not
 * kept. */
enum otlp_signal { OTLP_TRACES, OTLP_METRICS, OTLP_LOGS, OTLP_NO_SIGNAL };

struct receiver {
	struct store *store;		   /* borrowed */
	const atomic_uint *away;	   /* not 0: all are refused; NULL: never; borrowed */
	uint64_t n_refused;		   /* malformed, beyond a limit, or while away */
	char why[OTLP_WHY_BYTES];	   /* of the last one */
	char why_rejected[OTLP_WHY_BYTES]; /* of the last rejected span; the store counts them */
	uint64_t n_not_kept;		   /* requests with metrics or logs */
};

/**
 * Handles an Export…ServiceRequest.
 * @param coding      NULL: as coding_find() of no name
 * @param answer      the Export…ServiceResponse is appended, on success
 * @param ret_why     a message for the client on failure
 * @return 0; -EBADMSG, -EMSGSIZE, -ENOMEM or, while away, -EAGAIN, which are counted as refused
 */
LT_CHECKED int receiver_take(struct receiver *receiver, enum otlp_signal signal,
	enum encoding encoding, const struct coding *coding, struct lt_slice body,
	struct buffer *answer, char ret_why[OTLP_WHY_BYTES]);

/** Counts a request that was refused because of its headers. */
void receiver_refused(struct receiver *receiver, const char *why);

#endif
