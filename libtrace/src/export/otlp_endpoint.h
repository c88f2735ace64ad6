/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_endpoint.h - the URL that spans are sent to, made from a setting, and its form for messages.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
 *         https://www.rfc-editor.org/rfc/rfc3986#section-3
 */
#ifndef LT_OTLP_ENDPOINT_H
#define LT_OTLP_ENDPOINT_H

#include <libtrace/trace.h>

/**
 * Makes the exporter's URL.  A query stays behind the path, a fragment is dropped.
 *
 * @param text  without surrounding blanks
 * @param path  appended to the text's own path ("v1/traces"); NULL: its path is used as it is, "/"
 *              where it has none
 * @param ret_url  new
 * @return 0; -EINVAL unless it is an http or https URL with a host and, if any, a valid port;
 *         -ENOMEM
 */
int lt_otlp_endpoint_new(struct lt_slice text, const char *path, char **ret_url);

/** The host of such a URL, without brackets; borrowed from it. */
struct lt_slice lt_otlp_endpoint_host(const char *url);

/**
 * The text in a form that may be shown: without user, password, query and fragment.  It need not be
 * a URL.
 * @return new; NULL when out of memory
 */
char *lt_otlp_endpoint_shown(struct lt_slice text);

#endif
