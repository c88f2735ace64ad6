/* SPDX-License-Identifier: Apache-2.0 */
/* pg_address.h - the addresses of a database's host, looked up on a thread: libpq's own lookup blocks. */
#ifndef ORDER_PG_ADDRESS_H
#define ORDER_PG_ADDRESS_H

#include <stdbool.h>

#define PG_ADDRESSES_MAX 8 /* of a host; more are not tried */
/* Bytes of a list of them, with its NUL: an address with its scope takes 64 at most. */
#define PG_ADDRESSES_BYTES (PG_ADDRESSES_MAX * 64)

struct pg_lookup;

/** Whether a host is neither an address nor a Unix socket. */
bool pg_address_is_name(const char *host);

/**
 * Starts a lookup.
 * @param host  copied
 * @return 0, or -Exxx and NULL in ret_lookup
 */
int pg_lookup_start(const char *host, struct pg_lookup **ret_lookup);

/** A descriptor that becomes readable when the lookup has ended; borrowed. */
int pg_lookup_fd(const struct pg_lookup *lookup);

/**
 * Ends a lookup, whose descriptor is readable.
 * @param ret_addresses  filled with them, separated by commas
 * @return how many there are; 0: ret_addresses has the reason
 */
unsigned pg_lookup_end(struct pg_lookup *lookup, char ret_addresses[PG_ADDRESSES_BYTES]);

/** Gives up a lookup, whose thread may still run. NULL is fine. */
void pg_lookup_abandon(struct pg_lookup *lookup);

#endif
