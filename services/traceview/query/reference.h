/* SPDX-License-Identifier: Apache-2.0 */
/* reference.h - a span's parent and links as Jaeger's references.
 *
 * Source: pkg/translator/jaeger/traces_to_jaegerproto.go of opentelemetry-collector-contrib, and
 * model/v1/span.go of jaeger-idl
 */
#ifndef TRACEVIEW_QUERY_REFERENCE_H
#define TRACEVIEW_QUERY_REFERENCE_H

#include "otlp/model.h"

enum reference_type { REFERENCE_CHILD_OF, REFERENCE_FOLLOWS_FROM };

/** FOLLOWS_FROM, unless the link's opentracing.ref_type is child_of. */
enum reference_type reference_type_of(const struct link *link);

/** Whether a link leads to the span's parent: Jaeger merges the two into one reference. */
bool reference_is_parent(const struct span *span, const struct link *link);

/** The type of the reference to the parent: that of a link to it, else CHILD_OF. */
enum reference_type reference_parent_type(const struct span *span);

/**
 * The span that Jaeger uses as the parent: the first reference within the trace that is CHILD_OF,
 * else the first of any type, which may be a link.
 * @param ret_id  all zero: none
 */
void reference_parent(const struct span *span, uint8_t ret_id[8]);

#endif
