/* SPDX-License-Identifier: Apache-2.0 */
/* authority.h - host:port of a request, and what proxies add about server and client. */
#ifndef LT_AGENT_AUTHORITY_H
#define LT_AGENT_AUTHORITY_H

#include <libtrace/trace.h>

/* A host and port as in a Host header, a URL or a Forwarded element. */
struct http_authority {
	struct lt_slice host; /* borrowed; an IPv6 address has no brackets; len 0: none */
	uint16_t port;	      /* 0: none was given */
};

/** Splits [user:password@]host[:port]; anything else gives an empty host. */
struct http_authority http_authority(struct lt_slice text);

/* A request's target, from its first line or :path. */
struct http_target {
	struct lt_slice scheme;	   /* "http" or "https", static; empty: not in it */
	struct lt_slice authority; /* host[:port], without user and password; empty: not in it */
	struct lt_slice path;	   /* ptr NULL: it names none */
	struct lt_slice query;	   /* without "?"; ptr NULL: none or empty */
};

/**
 * Splits a request's target: "/path?query", "http://user:password@host/path" as sent to proxies,
 * "host:port" of CONNECT, "*".  All slices are borrowed.
 * Source: RFC 9112, section 3.2
 */
struct http_target http_target(struct lt_slice text);

/* What proxies in front of a server report of the client's request; empty where absent. */
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
