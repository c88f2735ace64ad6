/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_http_config.h - the settings of the OTEL_EXPORTER_OTLP_* variables.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
#ifndef LT_OTLP_HTTP_CONFIG_H
#define LT_OTLP_HTTP_CONFIG_H

#include "export/proxy.h"

#include <libtrace/sdk.h>

#define LT_OTLP_HEADERS_MAX 64 /* more are reported and ignored */

struct lt_otlp_http_config {
	char *endpoint; /* full URL */
	char *shown;	/* the same without its secrets, for messages */
	struct lt_proxy proxy;
	bool json; /* else protobuf */
	bool gzip;
	unsigned timeout_ms;		    /* of one try; 0: no limit */
	char *headers[LT_OTLP_HEADERS_MAX]; /* "Name: value", or "Name;" for an empty value, which
					       is libcurl's notation */
	size_t n_headers;
	char *certificate, *client_certificate, *client_key; /* PEM files; or NULL */
	size_t max_request_bytes, max_response_bytes;
};

/**
 * Fills config from options and the environment.
 * @return 0, -EINVAL for an endpoint that is no http(s) URL (reported), -ENOMEM; config needs
 *         lt_otlp_http_config_done in any case
 */
int lt_otlp_http_config_init(
	struct lt_otlp_http_config *config, const struct lt_otlp_http_options *options);
/** The settings of an exporter that lt_exporter_otlp_http_new() has made; borrowed. */
const struct lt_otlp_http_config *lt_exporter_otlp_http_config(const struct lt_exporter *exporter);

/** The proxy for the requests; NULL: none.  May query a name server. */
const char *lt_otlp_http_proxy(const struct lt_otlp_http_config *config);
void lt_otlp_http_config_done(struct lt_otlp_http_config *config);

#endif
