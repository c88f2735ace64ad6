/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_flavour.h - for files that are compiled once for each flavour of libh2o: with its own event
 * loop, and with libuv's.
 *
 * libh2o's structures contain timers, whose type differs between the flavours: members after one
 * (2.3's h2o_req_t.pool) have other offsets.  So the files that read them include this first and
 * are compiled with H2O_FLAVOUR=evloop, H2O_USE_LIBUV=0 and again with H2O_FLAVOUR=uv,
 * H2O_USE_LIBUV=1; their functions have the flavour in their names, and the rest of the agent uses
 * them through h2o_reader.h's tables only. */
#ifndef LT_AGENT_H2O_FLAVOUR_H
#define LT_AGENT_H2O_FLAVOUR_H

#include <h2o.h>
#include <h2o/version.h>
#include <libtrace/trace.h>
#include <string.h>

#define H2O_PASTE(name, flavour) name##_##flavour
#define H2O_OF_FLAVOUR(name, flavour) H2O_PASTE(name, flavour)

#define h2o_answer_begin H2O_OF_FLAVOUR(h2o_answer_begin, H2O_FLAVOUR)
#define h2o_answer_completion H2O_OF_FLAVOUR(h2o_answer_completion, H2O_FLAVOUR)
#define h2o_answer_end H2O_OF_FLAVOUR(h2o_answer_end, H2O_FLAVOUR)
#define h2o_answer_send H2O_OF_FLAVOUR(h2o_answer_send, H2O_FLAVOUR)
#define h2o_answer_switch H2O_OF_FLAVOUR(h2o_answer_switch, H2O_FLAVOUR)
#define h2o_span_describe H2O_OF_FLAVOUR(h2o_span_describe, H2O_FLAVOUR)
#define h2o_span_start H2O_OF_FLAVOUR(h2o_span_start, H2O_FLAVOUR)
#define h2o_upstream_answer H2O_OF_FLAVOUR(h2o_upstream_answer, H2O_FLAVOUR)
#define h2o_upstream_any H2O_OF_FLAVOUR(h2o_upstream_any, H2O_FLAVOUR)
#define h2o_upstream_end H2O_OF_FLAVOUR(h2o_upstream_end, H2O_FLAVOUR)
#define h2o_upstream_start H2O_OF_FLAVOUR(h2o_upstream_start, H2O_FLAVOUR)

/* 2.2.5 (Debian, Ubuntu) is 0.13, 2.3 is 0.16. */
#define H2O_IS_2_2 (H2O_LIBRARY_VERSION_MAJOR == 0 && H2O_LIBRARY_VERSION_MINOR <= 13)

static inline struct lt_slice h2o_slice(h2o_iovec_t text)
{
	return (struct lt_slice){text.base, text.len};
}

/* libh2o keeps the names of request headers in lower case, whatever the protocol. */
static inline bool h2o_header_is(const h2o_header_t *header, const char *name, size_t len)
{
	return header->name->len == len && memcmp(header->name->base, name, len) == 0;
}

#endif
