/* SPDX-License-Identifier: Apache-2.0 */
/* authority.h - who was asked, and by whom: host:port, and what proxies add about both. */
#ifndef LT_AGENT_AUTHORITY_H
#define LT_AGENT_AUTHORITY_H

#include <libtrace/trace.h>

/* A host and port as in a Host header, a URL or a Forwarded element. */
struct http_authority {
	struct lt_slice host; /* borrowed; an IPv6 address has no brackets; len 0: none */
	uint16_t port;	      /* 0: none was given */
};

/** Splits host[:port], behind user:password@ or not; anything that is not that gives an empty host. */
struct http_authority http_authority(struct lt_slice text);

/* What a request asks for, as its first line or :path says it. */
struct http_target {
	struct lt_slice scheme;	   /* "http" or "https", static; empty: not in it */
	struct lt_slice authority; /* host[:port], without user and password; empty: not in it */
	struct lt_slice path;	   /* ptr NULL: it names none */
	struct lt_slice query;	   /* without "?"; ptr NULL: none, or one without a byte */
};

/**
 * Takes a request's target apart: "/path?query", "http://user:password@host/path" as proxies are
 * sent it, "host:port" of CONNECT, "*".  All slices are borrowed.
 * Source: RFC 9112, section 3.2
 */
struct http_target http_target(struct lt_slice text);

/* What proxies in front of a server say of the client's own request; empty where they say nothing.
 */
struct http_forwarded {
	struct lt_slice client; /* IP address, without port or brackets; no "unknown", no "_name" */
	struct lt_slice host;	/* host[:port] */
	struct lt_slice proto;	/* http or https */
};

/**
 * Reads a Forwarded header, or the X-Forwarded-* ones where there is none; first element each.
 * All slices are borrowed; one without a ptr is a header that is absent.
 * Source: RFC 7239, section 4
 */
struct http_forwarded http_forwarded(struct lt_slice forwarded, struct lt_slice x_for,
	struct lt_slice x_host, struct lt_slice x_proto);

#endif
