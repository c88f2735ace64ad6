/* SPDX-License-Identifier: Apache-2.0 */
/* relay_address.h - how a program finds its relay: the one that the launcher has started for it, or
 * the one of OTEL_C_RELAY=PATH, which serves several containers. */
#ifndef LT_RELAY_ADDRESS_H
#define LT_RELAY_ADDRESS_H

#include "trace/span_slab.h"

/* NAME,TOKEN,SETTINGS or NAME,TOKEN,SETTINGS,WAITS: set by the launcher, inherited by what it starts; no setting of a user's. */
#define LT_RELAY_VARIABLE "LIBTRACE_RELAY"

/* Whether an exit waits for delivery; neither: where OTEL_C_EXIT_TIMEOUT is set. */
#define LT_RELAY_WAITS_NEVER "never"   /* the launcher does, as the container's first process */
#define LT_RELAY_WAITS_ALWAYS "always" /* the relay ends with the container's first process */

struct lt_relay_address {
	char name[LT_SLAB_NAME_BYTES]; /* as of lt_slab_open */
	char token[LT_SLAB_TOKEN_BYTES];
	bool is_path;  /* of OTEL_C_RELAY */
	char waits[8]; /* one of the words above, or "" */
};

/** Whether OTEL_C_RELAY is a path, /... or unix:/..., and not yes or no.
 * @param ret_path  borrowed from the environment, without the prefix; may be NULL */
bool lt_relay_has_path(const char **ret_path);

/** Reads OTEL_C_RELAY_TOKEN: 32 hexadecimal digits, with dashes anywhere between them.
 * @return 0; -ENOENT when it is not set, -EINVAL when it is no token */
int lt_relay_token_from_env(char ret_token[LT_SLAB_TOKEN_BYTES]);

/** Reads the file beside a socket.  @return 0 or -Exxx; -EINVAL: it is no token */
int lt_relay_token_from_file(const char *path, char ret_token[LT_SLAB_TOKEN_BYTES]);

/** A new one: 128 random bits.  @return 0 or -Exxx */
int lt_relay_token_make(char ret_token[LT_SLAB_TOKEN_BYTES]);

/** The file beside a relay's socket that has its token: PATH.token. */
#define LT_RELAY_TOKEN_SUFFIX ".token"

/** A number for all that the environment says of where and how spans are sent: a program with other
 * settings than its relay's cannot use it. */
uint64_t lt_relay_settings(void);

/** Whether OTEL_C_RELAY leaves spans to a relay; it does unless it is no.  Reports
 * nothing: lt_processor_relay_new does. */
bool lt_relay_is_wanted(void);

/** Reads the variables.  A path needs a token, and whatever the program's settings are, the relay's
 * hold; what is wrong with it is reported.
 * @return false when there is no relay, none is wanted, or the launcher's has other settings; always
 *   in a set-uid program */
bool lt_relay_address_read(struct lt_relay_address *ret_address);

#endif
