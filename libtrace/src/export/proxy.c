/* SPDX-License-Identifier: Apache-2.0 */
#include "export/proxy.h"

#include "util/config.h"
#include "util/slice.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>

#define ADDRESSES_MAX 16   /* of a host; more are ignored */
#define HOST_MAX_BYTES 256 /* RFC 1035, 2.3.4; a longer one is no name */

static const char loopback_reason[] = "this machine's loopback is not the proxy's";
static const char named_reason[] = "no_proxy names the host";
static const char network_reason[] = "no_proxy names the host's address";

/* --- the environment ------------------------------------------------------------------------ */

static const char *first_set(const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (lt_config_text(names[i]).ptr)
			return names[i];
	}
	return NULL;
}

void lt_proxy_init(struct lt_proxy *proxy, const char *endpoint)
{
	static const char *const of_http[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
	static const char *const of_https[] = {
		"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
	static const char *const of_none[] = {"no_proxy", "NO_PROXY"};
	bool is_https =
		lt_slice_is_word((struct lt_slice){endpoint, strnlen(endpoint, 8)}, "https://");
	*proxy = (struct lt_proxy){0};
	proxy->variable = is_https ? first_set(of_https, sizeof(of_https) / sizeof(of_https[0]))
				   : first_set(of_http, sizeof(of_http) / sizeof(of_http[0]));
	if (!proxy->variable)
		return;
	proxy->url = lt_config_copy(proxy->variable);
	const char *none = first_set(of_none, sizeof(of_none) / sizeof(of_none[0]));
	proxy->exceptions = none ? lt_config_copy(none) : NULL;
}

void lt_proxy_done(struct lt_proxy *proxy)
{
	free(proxy->url);
	free(proxy->exceptions);
}

/* --- addresses ------------------------------------------------------------------------------ */

struct address {
	uint8_t bytes[16]; /* of IPv6; an IPv4 one as ::ffff:a.b.c.d */
};

struct host {
	char name[HOST_MAX_BYTES]; /* without a dot at its end */
	struct address addresses[ADDRESSES_MAX];
	size_t n_addresses;
};

static struct address from_ipv4(const void *bytes)
{
	struct address address = {.bytes = {[10] = 0xff, [11] = 0xff}};
	memcpy(address.bytes + 12, bytes, 4);
	return address;
}

static struct address from_ipv6(const void *bytes)
{
	struct address address;
	memcpy(address.bytes, bytes, sizeof(address.bytes));
	return address;
}

/* flags: AI_NUMERICHOST for no name server; "127.1" is an address as well then. */
static void resolve(struct host *host, int flags)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
	struct addrinfo *found;
	if (getaddrinfo(host->name, NULL, &hints, &found) != 0)
		return;
	for (const struct addrinfo *a = found; a && host->n_addresses < ADDRESSES_MAX;
		a = a->ai_next) {
		if (a->ai_family == AF_INET)
			host->addresses[host->n_addresses++] = from_ipv4(
				&((const struct sockaddr_in *)(const void *)a->ai_addr)->sin_addr);
		else if (a->ai_family == AF_INET6)
			host->addresses[host->n_addresses++] =
				from_ipv6(&((const struct sockaddr_in6 *)(const void *)a->ai_addr)
						   ->sin6_addr);
	}
	freeaddrinfo(found);
}

static bool is_in_network(
	const struct address *address, const struct address *network, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	if (memcmp(address->bytes, network->bytes, whole) != 0)
		return false;
	return !rest || (address->bytes[whole] ^ network->bytes[whole]) >> (8 - rest) == 0;
}

static bool is_loopback(const struct address *address)
{
	static const uint8_t ipv4[] = {127, 0, 0, 1}, ipv6[16] = {[15] = 1};
	struct address network = from_ipv4(ipv4), one = from_ipv6(ipv6);
	return is_in_network(address, &network, 96 + 8) || is_in_network(address, &one, 128);
}

static bool has_loopback(const struct host *host)
{
	for (size_t i = 0; i < host->n_addresses; i++) {
		if (is_loopback(&host->addresses[i]))
			return true;
	}
	return false;
}

/* "10.0.0.0/8", "::1", "[fd00::]/8" */
static bool parse_network(struct lt_slice entry, struct address *ret_network, unsigned *ret_bits)
{
	char text[INET6_ADDRSTRLEN + 8], *end = NULL;
	uint8_t bytes[16];
	if (entry.len >= sizeof(text))
		return false;
	memcpy(text, entry.ptr, entry.len);
	text[entry.len] = '\0';
	char *address = text, *slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
	size_t len = strlen(address);
	if (len > 2 && *address == '[' && address[len - 1] == ']') {
		address[len - 1] = '\0';
		address++;
	}
	unsigned max = inet_pton(AF_INET, address, bytes) == 1	  ? 32
		       : inet_pton(AF_INET6, address, bytes) == 1 ? 128
								  : 0;
	unsigned long bits = slash ? strtoul(slash, &end, 10) : max;
	if (!max || bits > max || (slash && (*slash < '0' || *slash > '9' || *end)))
		return false;
	*ret_network = max == 32 ? from_ipv4(bytes) : from_ipv6(bytes);
	*ret_bits = (unsigned)bits + 128 - max;
	return true;
}

/* --- who goes past -------------------------------------------------------------------------- */

static bool next_entry(struct lt_slice *list, struct lt_slice *ret_entry)
{
	size_t start = 0, end;
	while (start < list->len && strchr(", \t", list->ptr[start]))
		start++;
	for (end = start; end < list->len && !strchr(", \t", list->ptr[end]);)
		end++;
	*ret_entry = (struct lt_slice){list->ptr + start, end - start};
	*list = (struct lt_slice){list->ptr + end, list->len - end};
	return ret_entry->len > 0;
}

/* "example.com" and ".example.com" both match that host and its subdomains. */
static bool is_below(const char *name, struct lt_slice domain)
{
	size_t len = strlen(name);
	if (domain.len && domain.ptr[0] == '.')
		domain = (struct lt_slice){domain.ptr + 1, domain.len - 1};
	if (domain.len && domain.ptr[domain.len - 1] == '.')
		domain.len--;
	if (!domain.len || len < domain.len)
		return false;
	const char *tail = name + len - domain.len;
	return lt_slice_is_word(domain, tail) && (tail == name || tail[-1] == '.');
}

static const char *exception(
	const char *exceptions, const struct host *host, bool *ret_has_networks)
{
	struct lt_slice list = lt_slice(exceptions), entry;
	struct address network;
	unsigned bits;
	*ret_has_networks = false;
	if (lt_slice_is_word(list, "*"))
		return named_reason;
	while (next_entry(&list, &entry)) {
		if (is_below(host->name, entry))
			return named_reason;
		if (!parse_network(entry, &network, &bits))
			continue;
		*ret_has_networks = true;
		for (size_t i = 0; i < host->n_addresses; i++) {
			if (is_in_network(&host->addresses[i], &network, bits))
				return network_reason;
		}
	}
	return NULL;
}

const char *lt_proxy_exemption(const struct lt_proxy *proxy, struct lt_slice name)
{
	struct host host = {0};
	bool has_networks;
	if (name.len && name.ptr[name.len - 1] == '.')
		name.len--;
	if (name.len >= sizeof(host.name))
		return NULL;
	memcpy(host.name, name.ptr, name.len);
	resolve(&host, AI_NUMERICHOST);
	bool is_name = !host.n_addresses;
	if (has_loopback(&host) || is_below(host.name, lt_slice("localhost")))
		return loopback_reason;
	const char *reason = exception(proxy->exceptions, &host, &has_networks);
	if (reason || !is_name || !has_networks)
		return reason;
	resolve(&host, 0);
	return has_loopback(&host) ? loopback_reason
				   : exception(proxy->exceptions, &host, &has_networks);
}
