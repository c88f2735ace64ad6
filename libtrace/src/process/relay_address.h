/* SPDX-License-Identifier: Apache-2.0 */
/* relay_address.h - how a program finds the relay that the launcher has started for it. */
#ifndef LT_RELAY_ADDRESS_H
#define LT_RELAY_ADDRESS_H

#include "trace/span_slab.h"

/* NAME,TOKEN,SETTINGS: set by the launcher, inherited by what it starts; no setting of a user's. */
#define LT_RELAY_VARIABLE "LIBTRACE_RELAY"

struct lt_relay_address {
	char name[64]; /* of an abstract Unix socket */
	char token[LT_SLAB_TOKEN_BYTES];
};

/** A number for all that the environment says of where and how spans are sent: a program with other
 * settings than its relay's cannot use it. */
uint64_t lt_relay_settings(void);

/** Reads the variable; false when there is none, it is malformed, or names a relay with other
 * settings.  Never true in a set-uid program. */
bool lt_relay_address_read(struct lt_relay_address *ret_address);

#endif
