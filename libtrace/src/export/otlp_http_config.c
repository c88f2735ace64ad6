/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_http_config.c - each setting has a form for traces that wins over the general one. */
#include "export/otlp_http_config.h"

#include "export/otlp_endpoint.h"
#include "util/config.h"
#include "util/defaults.h"
#include "util/encode_buffer.h"
#include "util/slice.h"

#include <errno.h>
#include <libtrace/instrumentation.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_MAX_BYTES                                                                             \
	64 /* of a variable: OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE is the longest */

/* https://opentelemetry.io/docs/specs/otlp/#otlphttp-response */
#define RESPONSE_MAX_BYTES (4 * 1024 * 1024)

/* OTEL_EXPORTER_OTLP_TRACES_x, if it is set, else OTEL_EXPORTER_OTLP_x. */
static const char *setting(const char *x, char name[NAME_MAX_BYTES])
{
	snprintf(name, NAME_MAX_BYTES, "OTEL_EXPORTER_OTLP_TRACES_%s", x);
	if (!lt_config_text(name).ptr)
		snprintf(name, NAME_MAX_BYTES, "OTEL_EXPORTER_OTLP_%s", x);
	return name;
}

/* --- endpoint --------------------------------------------------------------------------------- */

static int refuse_endpoint(const char *name, struct lt_slice text)
{
	char *shown = lt_otlp_endpoint_shown(text);
	if (shown && strstr(shown, "://"))
		lt_report(LT_LEVEL_ERROR,
			"%s: \"%s\" is no http:// or https:// URL: nothing is exported", name,
			shown);
	else if (shown)
		lt_report(LT_LEVEL_ERROR,
			"%s: \"%s\" has no scheme (did you mean http://%s?): nothing is exported",
			name, shown, shown);
	free(shown);
	return -EINVAL;
}

/* The endpoint for traces is used as it is, but for a missing path; the general one is a base
 * URL. */
static int set_endpoint(struct lt_otlp_http_config *config, const char *in_code)
{
	const char *name = in_code ? "the OTLP endpoint" : "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
	const char *path = NULL;
	struct lt_slice text = in_code ? lt_slice(in_code) : lt_config_text(name);
	if (!text.ptr) {
		name = "OTEL_EXPORTER_OTLP_ENDPOINT";
		path = "v1/traces";
		text = lt_config_text(name);
	}
	if (!text.ptr)
		text = lt_slice(LT_DEFAULT_OTLP_ENDPOINT);
	int err = lt_otlp_endpoint_new(text, path, &config->endpoint);
	if (err == -EINVAL)
		return refuse_endpoint(name, text);
	if (!err) {
		config->shown = lt_otlp_endpoint_shown(lt_slice(config->endpoint));
		lt_proxy_init(&config->proxy, config->endpoint);
	}
	return config->shown ? 0 : -ENOMEM;
}

/* --- encoding --------------------------------------------------------------------------------- */

/* Of two words, by code or else by the variable, whose default is the first. */
static bool is_second(
	const char *in_code, const char *what, const char *variable, const char *const words[2])
{
	char name[NAME_MAX_BYTES];
	if (!in_code)
		return lt_config_word(setting(variable, name), words, 2, 0) == 1;
	if (lt_slice_is_word(lt_slice(in_code), words[1]))
		return true;
	if (!lt_slice_is_word(lt_slice(in_code), words[0]))
		lt_report(LT_LEVEL_WARN, "%s \"%s\" is none of %s, %s; using %s", what, in_code,
			words[0], words[1], words[0]);
	return false;
}

static bool is_json(const char *in_code)
{
	static const char *const words[] = {"http/protobuf", "http/json"};
	return is_second(in_code, "the protocol", "PROTOCOL", words);
}

static bool is_gzip(const char *in_code)
{
	static const char *const words[] = {"none", "gzip"};
	return is_second(in_code, "the compression", "COMPRESSION", words);
}

/* --- headers ---------------------------------------------------------------------------------- */

/* https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
static bool is_token(const char *text)
{
	return *text && !text[strspn(text, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
					   "ABCDEFGHIJKLMNOPQRSTUVWXYZ")];
}

/* https://www.rfc-editor.org/rfc/rfc9110#section-5.5 */
static bool is_field_value(const char *text)
{
	for (; *text; text++) {
		if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
			return false;
	}
	return true;
}

/* Headers that the exporter sets itself: a second one would contradict it. */
static bool is_own_header(const char *name)
{
	static const char *const own[] = {"Content-Type", "Content-Encoding", "Content-Length",
		"Transfer-Encoding", "Expect", "Connection"};
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (lt_slice_is_word(lt_slice(name), own[i]))
			return true;
	}
	return false;
}

/* NULL, or the reason why a member of the list is not a valid header. */
static const char *objection(int n, const struct lt_config_pair *pair, size_t n_headers)
{
	if (n < 0)
		return "is not key=value, or has a broken escape";
	if (!is_token(pair->key))
		return "has a name that HTTP does not allow";
	if (!is_field_value(pair->value))
		return "has a character in its value that HTTP does not allow";
	if (is_own_header(pair->key))
		return "is a header that the exporter sets itself";
	return n_headers == LT_OTLP_HEADERS_MAX ? "is one too many" : NULL;
}

/* what: of whom the n-th header is, for a report; malformed ones are left out. */
static int add_header(struct lt_otlp_http_config *config, const char *what, int n,
	const struct lt_config_pair *pair, const char *reason)
{
	if (reason) {
		lt_report(LT_LEVEL_WARN, "%s: header %d %s; left out", what, n, reason);
		return 0;
	}
	char **header = &config->headers[config->n_headers];
	if (asprintf(header, *pair->value ? "%s: %s" : "%s;", pair->key, pair->value) < 0)
		return -ENOMEM;
	config->n_headers++;
	return 0;
}

static bool is_replaced(const struct lt_otlp_http_options *options, const char *name)
{
	for (size_t i = 0; i < options->n_headers; i++) {
		if (lt_slice_is_word(lt_slice(options->headers[i].name), name))
			return true;
	}
	return false;
}

/* Reports name members by number: a malformed one may contain a secret anywhere. */
static int set_headers(
	struct lt_otlp_http_config *config, const struct lt_otlp_http_options *options)
{
	char name[NAME_MAX_BYTES];
	char *text = lt_config_copy(setting("HEADERS", name)), *rest = text;
	struct lt_config_pair pair;
	int err = 0;
	for (int i = 1, n; !err && (n = lt_config_next_pair(&rest, &pair)) != 0; i++) {
		if (n < 0 || !is_replaced(options, pair.key))
			err = add_header(
				config, name, i, &pair, objection(n, &pair, config->n_headers));
	}
	free(text);
	for (size_t i = 0; !err && i < options->n_headers; i++) {
		pair = (struct lt_config_pair){(char *)(uintptr_t)options->headers[i].name,
			(char *)(uintptr_t)options->headers[i].value};
		int n = pair.key && pair.value ? 1 : -EBADMSG;
		err = add_header(config, "the OTLP headers", (int)i + 1, &pair,
			objection(n, &pair, config->n_headers));
	}
	return err;
}

static char *file_of(const char *in_code, const char *x)
{
	char name[NAME_MAX_BYTES];
	return in_code ? strdup(in_code) : lt_config_copy(setting(x, name));
}

static unsigned timeout_of(uint32_t in_code)
{
	char name[NAME_MAX_BYTES];
	if (in_code)
		return in_code == LT_OTLP_NO_TIMEOUT ? 0 : in_code;
	return (unsigned)lt_config_uint(
		setting("TIMEOUT", name), LT_DEFAULT_OTLP_TIMEOUT_MS, 0, INT32_MAX);
}

int lt_otlp_http_config_init(
	struct lt_otlp_http_config *config, const struct lt_otlp_http_options *options)
{
	*config = (struct lt_otlp_http_config){0};
	int err = set_endpoint(config, options->endpoint);
	int headers_err = set_headers(config, options); /* all errors are reported at once */
	config->json = is_json(options->protocol);
	config->gzip = is_gzip(options->compression);
	config->timeout_ms = timeout_of(options->timeout_ms);
	config->certificate = file_of(options->certificate, "CERTIFICATE");
	config->client_certificate = file_of(options->client_certificate, "CLIENT_CERTIFICATE");
	config->client_key = file_of(options->client_key, "CLIENT_KEY");
	config->max_request_bytes = options->max_request_bytes;
	if (!config->max_request_bytes || config->max_request_bytes > LT_BUFFER_MAX_BYTES)
		config->max_request_bytes = LT_BUFFER_MAX_BYTES;
	config->max_response_bytes =
		options->max_response_bytes ? options->max_response_bytes : RESPONSE_MAX_BYTES;
	return err ? err : headers_err;
}

const char *lt_otlp_http_proxy(const struct lt_otlp_http_config *config)
{
	struct lt_slice host = lt_otlp_endpoint_host(config->endpoint);
	return config->proxy.url && !lt_proxy_exemption(&config->proxy, host) ? config->proxy.url
									      : NULL;
}

void lt_otlp_http_config_done(struct lt_otlp_http_config *config)
{
	free(config->endpoint);
	free(config->shown);
	lt_proxy_done(&config->proxy);
	for (size_t i = 0; i < config->n_headers; i++)
		free(config->headers[i]);
	free(config->certificate);
	free(config->client_certificate);
	free(config->client_key);
}
