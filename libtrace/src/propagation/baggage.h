/* SPDX-License-Identifier: Apache-2.0 */
/* baggage.h - a baggage out of members, and the header that carries it. */
#ifndef LT_BAGGAGE_H
#define LT_BAGGAGE_H

#include <libtrace/propagation.h>

/** A new baggage with copies of the members, which have different keys; NULL for none of them, and
 * without memory. */
struct lt_baggage *lt_baggage_make(const struct lt_baggage_member *members, size_t n);

/** Where the member of that key is; n: nowhere. */
size_t lt_baggage_find(const struct lt_baggage_member *members, size_t n, struct lt_slice key);

/** Whether these are properties that may stand in a header. */
bool lt_baggage_metadata_is_valid(struct lt_slice metadata);

#endif
