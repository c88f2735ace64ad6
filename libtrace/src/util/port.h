/* SPDX-License-Identifier: Apache-2.0 */
/* port.h - the digits behind a host, for the agent's URLs and the exporter's endpoint alike.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc3986#section-3.2.3
 */
#ifndef LT_PORT_H
#define LT_PORT_H

#include <libtrace/trace.h>

/** Reads a port; none at all is 0.  False, with *ret_port untouched, for what cannot be one. */
static inline bool lt_port_parse(struct lt_slice digits, uint16_t *ret_port)
{
	unsigned port = 0;
	if (digits.len > 5)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return false;
		port = port * 10 + (unsigned)(digits.ptr[i] - '0');
	}
	if (port > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

#endif
