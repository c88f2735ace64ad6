/* SPDX-License-Identifier: Apache-2.0 */
/* proxy.h - the proxy of the environment, and which requests go past it.
 *
 * As libcurl has it, with two differences: this machine's loopback is never reached through a
 * proxy, which would look for it on its own machine, and an address or network in no_proxy holds
 * for a host by name too, that has such an address.  One reader for the exporter and for --doctor.
 *
 * Source: https://curl.se/libcurl/c/CURLOPT_PROXY.html
 * https://curl.se/libcurl/c/CURLOPT_NOPROXY.html */
#ifndef LT_PROXY_H
#define LT_PROXY_H

#include <libtrace/trace.h>

struct lt_proxy {
	char *url;	      /* NULL: there is none; it may have a password in it */
	const char *variable; /* static: what names it */
	char *exceptions;     /* no_proxy's value, or NULL */
};

/**
 * Reads http_proxy (in small letters only: HTTP_PROXY may be a header of a CGI's caller), or
 * https_proxy, HTTPS_PROXY, as the endpoint has it, else all_proxy, ALL_PROXY; and no_proxy,
 * NO_PROXY.
 */
void lt_proxy_init(struct lt_proxy *proxy, const char *endpoint);
void lt_proxy_done(struct lt_proxy *proxy);

/**
 * Why requests to a host go past the proxy, if there is one: static; NULL when they go through it.
 * Asks a name server if there are networks in no_proxy and the host is a name.
 */
const char *lt_proxy_exemption(const struct lt_proxy *proxy, struct lt_slice host);

#endif
