/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_http_config.c - each setting has a form for traces that wins over the general one. */
#include "otlp_http_config.h"

#include "config.h"

#include <errno.h>
#include <libtrace/instrumentation.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { TIMEOUT_MS = 10000 }; /* default */

/* OTEL_EXPORTER_OTLP_TRACES_x, else OTEL_EXPORTER_OTLP_x; *ret_name is the one that is set. */
static const char *setting(const char *x, const char **ret_name)
{
	static __thread char name[64];
	snprintf(name, sizeof name, "OTEL_EXPORTER_OTLP_TRACES_%s", x);
	const char *value = lt_config_string(name);
	if (!value) {
		snprintf(name, sizeof name, "OTEL_EXPORTER_OTLP_%s", x);
		value = lt_config_string(name);
	}
	*ret_name = name;
	return value;
}

/* Has a host too: "http://" alone does not, nor with a path after it. */
static bool is_http_url(const char *url)
{
	size_t scheme_len = strncasecmp(url, "http://", 7) == 0	   ? 7
			    : strncasecmp(url, "https://", 8) == 0 ? 8
								   : 0;
	return scheme_len && url[scheme_len] && url[scheme_len] != '/';
}

/* The traces' own endpoint is used as it is, but for a missing path; the general one is a base. */
static char *endpoint_from_env(void)
{
	char *url = NULL;
	const char *own = lt_config_string("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
	if (own) {
		const char *host = strstr(own, "://");
		bool has_path = host && strchr(host + 3, '/');
		return asprintf(&url, "%s%s", own, has_path ? "" : "/") < 0 ? NULL : url;
	}
	const char *base = lt_config_string("OTEL_EXPORTER_OTLP_ENDPOINT");
	if (!base)
		base = "http://localhost:4318";
	size_t len = strlen(base);
	bool has_slash = len > 1 && base[len - 1] == '/' && base[len - 2] != '/';
	return asprintf(&url, "%s%sv1/traces", base, has_slash ? "" : "/") < 0 ? NULL : url;
}

static bool json_from(const char *protocol, const char *name)
{
	if (!protocol || strcasecmp(protocol, "http/protobuf") == 0)
		return false;
	if (strcasecmp(protocol, "http/json") == 0)
		return true;
	lt_report(LT_LEVEL_WARN, "%s=%s is not known here; using http/protobuf", name, protocol);
	return false;
}

static bool gzip_from_env(void)
{
	const char *name, *value = setting("COMPRESSION", &name);
	if (!value || strcasecmp(value, "none") == 0)
		return false;
	if (strcasecmp(value, "gzip") == 0)
		return true;
	lt_report(LT_LEVEL_WARN, "%s=%s is not known here; using none", name, value);
	return false;
}

static bool is_header_safe(const char *text)
{
	return strpbrk(text, "\r\n") == NULL;
}

static void headers_from_env(struct lt_otlp_http_config *config)
{
	const char *name, *value = setting("HEADERS", &name);
	char *text = value ? strdup(value) : NULL;
	char *rest = text;
	struct lt_config_pair pair;
	int n = 0;
	while (rest && (n = lt_config_next_pair(&rest, &pair)) > 0) {
		if (config->n_headers == LT_OTLP_HEADERS_MAX || !is_header_safe(pair.key) ||
			!is_header_safe(pair.value)) {
			lt_report(LT_LEVEL_WARN, "%s: header %s left out", name, pair.key);
			continue;
		}
		char **header = &config->headers[config->n_headers];
		if (asprintf(header, "%s: %s", pair.key, pair.value) >= 0)
			config->n_headers++;
	}
	if (n < 0)
		lt_report(
			LT_LEVEL_WARN, "%s is not a list of key=value; its rest is left out", name);
	free(text);
}

int lt_otlp_http_config_init(
	struct lt_otlp_http_config *config, const struct lt_otlp_http_options *options)
{
	const char *name = "protocol";
	*config = (struct lt_otlp_http_config){0};
	config->endpoint = options->endpoint ? strdup(options->endpoint) : endpoint_from_env();
	if (!config->endpoint)
		return -ENOMEM;
	if (!is_http_url(config->endpoint)) {
		lt_report(LT_LEVEL_ERROR, "the OTLP endpoint \"%s\" is no http:// or https:// URL",
			config->endpoint);
		return -EINVAL;
	}
	const char *protocol = options->protocol ? options->protocol : setting("PROTOCOL", &name);
	config->json = json_from(protocol, name);
	config->gzip = gzip_from_env();
	setting("TIMEOUT", &name);
	config->timeout_ms = (unsigned)lt_config_uint(name, TIMEOUT_MS, 0, INT32_MAX);
	headers_from_env(config);
	config->certificate = setting("CERTIFICATE", &name);
	config->client_certificate = setting("CLIENT_CERTIFICATE", &name);
	config->client_key = setting("CLIENT_KEY", &name);
	return 0;
}

void lt_otlp_http_config_done(struct lt_otlp_http_config *config)
{
	free(config->endpoint);
	for (size_t i = 0; i < config->n_headers; i++)
		free(config->headers[i]);
}
