/* SPDX-License-Identifier: Apache-2.0 */
/* curl_inject.h - adds the traceparent header to a transfer without changing the program's list.
 *
 * Our header lines are list nodes of our own, the last of which points to the program's first: the
 * program's list is neither copied nor changed, and at the end of the transfer the handle gets it
 * back. */
#ifndef LT_AGENT_CURL_INJECT_H
#define LT_AGENT_CURL_INJECT_H

#include <curl/curl.h>
#include <libtrace/propagation.h>

#define CURL_INJECT_MAX_FIELDS 8	  /* traceparent, tracestate, baggage; b3multi has five */
#define CURL_INJECT_MAX_BYTES (16 * 1024) /* of all lines: baggage may have 8,192 bytes */

/* Zero is an empty one.  Memory is reused for the handle's next transfer. */
struct curl_injection {
	struct curl_slist nodes[CURL_INJECT_MAX_FIELDS];
	size_t key_lens[CURL_INJECT_MAX_FIELDS]; /* bytes of each line before its colon */
	size_t offsets[CURL_INJECT_MAX_FIELDS];	 /* of each line in text */
	size_t n;
	char *text; /* the lines, NUL-terminated, one after the other */
	size_t len, capacity;
	uint8_t trace_id[16];	 /* of the injected context */
	struct curl_slist *copy; /* the program's list without its traceparent; NULL: not needed */
};

/**
 * Writes the lines that carry context.
 * @return 0; -ENOSPC or -ENOMEM: nothing is injected
 */
int curl_injection_write(struct curl_injection *injection, const struct lt_span_context *context,
	const struct lt_baggage *baggage);

/**
 * Puts the lines in front of the program's list.
 *
 * If the program sends its own traceparent, that is kept and nothing is added, unless it belongs to
 * the same trace: then it would hide this span from the callee, and ours replaces it.
 *
 * @param headers borrowed until the next call
 * @return what CURLOPT_HTTPHEADER must be set to, borrowed likewise; it may be headers
 */
struct curl_slist *curl_injection_link(
	struct curl_injection *injection, struct curl_slist *headers);

void curl_injection_done(struct curl_injection *injection);

#endif
