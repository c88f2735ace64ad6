/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* Shared by the loop and the thread; the last one frees it. */
struct pg_lookup {
	atomic_uint n_users;
	atomic_bool has_ended; /* the thread writes none of the following any more */
	int fd;
	unsigned n; /* of addresses; 0: there is a reason in their place */
	char addresses[PG_ADDRESSES_BYTES];
	char host[];
};

bool pg_address_is_name(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	/* An IPv6 address may have a scope, and no name has a colon. */
	return host[0] != '\0' && host[0] != '/' && host[0] != '@' && !strchr(host, ':') &&
	       inet_pton(AF_INET, host, address) != 1;
}

static void release(struct pg_lookup *lookup)
{
	if (atomic_fetch_sub(&lookup->n_users, 1) != 1)
		return;
	close(lookup->fd);
	free(lookup);
}

static void add(struct pg_lookup *lookup, const struct addrinfo *info)
{
	size_t len = strlen(lookup->addresses), room = sizeof(lookup->addresses) - len;
	char *end = lookup->addresses + len;

	if (room > 1 && lookup->n > 0) {
		*end++ = ',';
		room--;
	}
	if (getnameinfo(info->ai_addr, info->ai_addrlen, end, (socklen_t)room, NULL, 0,
		    NI_NUMERICHOST) == 0)
		lookup->n++;
	else
		lookup->addresses[len] = '\0';
}

static void *run(void *arg)
{
	struct pg_lookup *lookup = arg;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int err = getaddrinfo(lookup->host, NULL, &hints, &found);

	for (const struct addrinfo *info = found; info && lookup->n < PG_ADDRESSES_MAX;
		info = info->ai_next)
		add(lookup, info);
	if (found)
		freeaddrinfo(found);
	if (lookup->n == 0)
		snprintf(lookup->addresses, sizeof(lookup->addresses), "%.200s: %s", lookup->host,
			gai_strerror(err ? err : EAI_NONAME));
	atomic_store(&lookup->has_ended, true);
	uint64_t one = 1;
	while (write(lookup->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	release(lookup);
	return NULL;
}

int pg_lookup_start(const char *host, struct pg_lookup **ret_lookup)
{
	struct pg_lookup *lookup = calloc(1, sizeof(*lookup) + strlen(host) + 1);
	pthread_attr_t attributes;
	pthread_t thread;

	*ret_lookup = NULL;
	if (!lookup)
		return -ENOMEM;
	lookup->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (lookup->fd < 0) {
		int err = errno;
		free(lookup);
		return -err;
	}
	strcpy(lookup->host, host);
	atomic_init(&lookup->n_users, 2);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	int err = pthread_create(&thread, &attributes, run, lookup);
	pthread_attr_destroy(&attributes);
	if (err) {
		atomic_store(&lookup->n_users, 1);
		release(lookup);
		return -err;
	}
	*ret_lookup = lookup;
	return 0;
}

int pg_lookup_fd(const struct pg_lookup *lookup)
{
	return lookup->fd;
}

unsigned pg_lookup_end(struct pg_lookup *lookup, char ret_addresses[PG_ADDRESSES_BYTES])
{
	unsigned n = 0;

	ret_addresses[0] = '\0';
	if (atomic_load(&lookup->has_ended)) {
		n = lookup->n;
		memcpy(ret_addresses, lookup->addresses, PG_ADDRESSES_BYTES);
	}
	release(lookup);
	return n;
}

void pg_lookup_abandon(struct pg_lookup *lookup)
{
	if (lookup)
		release(lookup);
}
