/* SPDX-License-Identifier: Apache-2.0 */
/* tracestate.h - the list that other vendors send along; we carry it and add nothing of our own. */
#ifndef LT_TRACESTATE_H
#define LT_TRACESTATE_H

#include <libtrace/propagation.h>

/**
 * Validates one more header's value and appends its members to a list.
 *
 * @param list       NUL-terminated, LT_TRACESTATE_MAX + 1 bytes
 * @param n_members  in the list so far; updated
 * @return 0; -EBADMSG, with list half-written, for a malformed member or more than 32
 * Source: https://www.w3.org/TR/trace-context-2/#tracestate-header-field-values
 */
int lt_tracestate_append(
	struct lt_slice value, char list[LT_TRACESTATE_MAX + 1], unsigned *n_members);

#endif
