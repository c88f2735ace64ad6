/* SPDX-License-Identifier: Apache-2.0 */
/* proxy.h - the proxy from the environment, and which requests bypass it.
 *
 * As in libcurl, with two differences: loopback addresses always bypass the proxy, which would use
 * its own loopback, and an address or network in no_proxy also applies to host names that resolve
 * to it.  Used by the exporter and by --doctor.
 *
 * Source: https://curl.se/libcurl/c/CURLOPT_PROXY.html
 * https://curl.se/libcurl/c/CURLOPT_NOPROXY.html */
#ifndef LT_PROXY_H
#define LT_PROXY_H

#include <libtrace/trace.h>

struct lt_proxy {
	char *url;	      /* NULL: none; may contain a password */
	const char *variable; /* static: what names it */
	char *exceptions;     /* no_proxy's value, or NULL */
};

/** Reads http_proxy (lower case only: HTTP_PROXY may come from a CGI client's header) or
 * https_proxy, HTTPS_PROXY, by the endpoint's scheme, else all_proxy, ALL_PROXY; and no_proxy,
 * NO_PROXY. */
void lt_proxy_init(struct lt_proxy *proxy, const char *endpoint);
void lt_proxy_done(struct lt_proxy *proxy);

/** The reason why requests to a host bypass the proxy, if there is one: static; NULL when they go
 * through it.  Queries a name server if no_proxy contains networks and the host is a name. */
const char *lt_proxy_exemption(const struct lt_proxy *proxy, struct lt_slice host);

#endif
