/* SPDX-License-Identifier: Apache-2.0 */
/* file_processors.c - processors and their exporters.
 *
 * Source: https://github.com/open-telemetry/opentelemetry-configuration, schema/tracer_provider.yaml
 * and schema/common.yaml
 */
#include "configure/file_parts.h"
#include "util/config.h"
#include "util/encode_buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS_MAX 64
#define QUEUE_SPANS_MAX (1 << 20) /* as OTEL_BSP_MAX_QUEUE_SIZE's */

/* --- OTLP --------------------------------------------------------------------------------- */

struct headers {
	struct lt_otlp_header items[HEADERS_MAX];
	size_t n;
	char *list; /* what those of headers_list point into */
};

static bool has_header(const struct headers *headers, const char *name)
{
	for (size_t i = 0; i < headers->n; i++) {
		if (strcasecmp(headers->items[i].name, name) == 0)
			return true;
	}
	return false;
}

static void add_header(struct lt_file *file, const struct lt_yaml *node, struct headers *headers,
	const char *name, const char *value)
{
	if (headers->n == HEADERS_MAX)
		lt_file_fail(file, node, "more than %d headers", HEADERS_MAX);
	else
		headers->items[headers->n++] = (struct lt_otlp_header){name, value};
}

/* Its entries go before those of the list. */
static void read_headers(struct lt_file *file, struct lt_yaml *map, struct headers *headers)
{
	struct lt_yaml *list = lt_file_list(file, map, "headers");
	for (struct lt_yaml *item = list ? list->first : NULL; item && !file->err;
		item = item->next) {
		const char *name = NULL, *value = NULL;
		if (!lt_file_is_map(file, item))
			return;
		lt_file_text(file, item, "name", &name);
		lt_file_text(file, item, "value", &value);
		if (!name)
			lt_file_fail(file, item, "a header has no name");
		else if (value)
			add_header(file, item, headers, name, value);
		lt_file_end(file, item);
	}
}

static void read_headers_list(struct lt_file *file, struct lt_yaml *map, struct headers *headers)
{
	const char *text = NULL;
	struct lt_config_pair pair;
	int n;
	lt_file_text(file, map, "headers_list", &text);
	if (!text)
		return;
	char *rest = headers->list = strdup(text);
	if (!rest)
		lt_file_no_memory(file);
	while (!file->err && (n = lt_config_next_pair(&rest, &pair)) != 0) {
		if (n < 0)
			lt_file_fail(file, lt_file_member(map, "headers_list"),
				"headers_list is no list of key=value");
		else if (!has_header(headers, pair.key))
			add_header(file, map, headers, pair.key, pair.value);
	}
}

static void read_path(
	struct lt_file *file, struct lt_yaml *map, const char *key, const char **ret_path)
{
	lt_file_text(file, map, key, ret_path);
	if (*ret_path && **ret_path != '/')
		lt_file_fail(file, map, "%s: \"%s\" is no absolute path", key, *ret_path);
}

static void read_tls(
	struct lt_file *file, struct lt_yaml *map, struct lt_otlp_http_options *options)
{
	struct lt_yaml *tls = lt_file_map(file, map, "tls");
	read_path(file, tls, "ca_file", &options->certificate);
	read_path(file, tls, "key_file", &options->client_key);
	read_path(file, tls, "cert_file", &options->client_certificate);
	if (!options->client_key != !options->client_certificate)
		lt_file_fail(file, tls, "key_file and cert_file belong together");
	lt_file_end(file, tls);
}

static struct lt_exporter *otlp_http(struct lt_file *file, struct lt_yaml *map)
{
	static const char *const encodings[] = {"protobuf", "json"};
	static const char *const protocols[] = {"http/protobuf", "http/json"};
	static const char *const compressions[] = {"none", "gzip"};
	struct lt_otlp_http_options options = {.endpoint = NULL};
	struct lt_exporter *exporter = NULL;
	struct headers headers = {.n = 0};
	size_t encoding = 0, compression = 0;
	int64_t timeout_ms = -1, max_request = 0, max_response = 0;
	lt_file_text(file, map, "endpoint", &options.endpoint);
	read_tls(file, map, &options);
	read_headers(file, map, &headers);
	read_headers_list(file, map, &headers);
	lt_file_word(file, map, "encoding", encodings, 2, &encoding);
	lt_file_word(file, map, "compression", compressions, 2, &compression);
	lt_file_int(file, map, "timeout", 0, INT32_MAX, &timeout_ms);
	lt_file_int(file, map, "max_request_size", 0, INT64_MAX, &max_request);
	lt_file_int(file, map, "max_response_size", 1, INT64_MAX, &max_response);
	lt_file_end(file, map);
	options.protocol = protocols[encoding];
	options.compression = compressions[compression];
	options.headers = headers.items;
	options.n_headers = headers.n;
	if (timeout_ms >= 0)
		options.timeout_ms = timeout_ms ? (uint32_t)timeout_ms : LT_OTLP_NO_TIMEOUT;
	options.max_request_bytes = (size_t)max_request;
	options.max_response_bytes = (size_t)max_response;
	int err = file->err ? file->err : lt_exporter_otlp_http_new(&options, &exporter);
	free(headers.list);
	if (err == -EINVAL)
		lt_file_fail(file, map, "otlp_http has no endpoint that can be used");
	else if (err)
		lt_file_no_memory(file);
	return exporter;
}

/* --- exporters ---------------------------------------------------------------------------- */

static struct lt_exporter *otlp_file(struct lt_file *file, struct lt_yaml *map)
{
	static const char scheme[] = "file://";
	const char *stream = "stdout", *path = NULL;
	struct lt_exporter *exporter = NULL;
	lt_file_text(file, map, "output_stream", &stream);
	lt_file_end(file, map);
	if (strncmp(stream, scheme, strlen(scheme)) == 0)
		path = stream + strlen(scheme);
	if (path ? *path != '/' : strcmp(stream, "stdout") != 0)
		lt_file_fail(file, map, "output_stream: \"%s\" is neither stdout nor file:///PATH",
			stream);
	else if (!file->err && lt_exporter_file_new(path, &exporter) != 0)
		lt_file_no_memory(file);
	return exporter;
}

static struct lt_exporter *console(struct lt_file *file, struct lt_yaml *map)
{
	struct lt_exporter *exporter = NULL;
	lt_file_end(file, map);
	if (!file->err && lt_exporter_console_new(&exporter) != 0)
		lt_file_no_memory(file);
	return exporter;
}

struct lt_exporter *lt_file_exporter(
	struct lt_file *file, struct lt_yaml *node, const char **ret_kind)
{
	static const struct {
		const char *name;
		struct lt_exporter *(*read)(struct lt_file *file, struct lt_yaml *map);
	} known[] = {
		{"otlp_http", otlp_http},
		{"otlp_file/development", otlp_file},
		{"console", console},
	};
	struct lt_yaml *kind = lt_file_component(file, node, "an exporter");
	if (!kind)
		return NULL;
	*ret_kind = kind->key;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(kind->key, known[i].name) == 0)
			return known[i].read(file, kind);
	}
	lt_file_fail(file, kind, "there is no exporter \"%s\" here", kind->key);
	return NULL;
}

/* --- processors --------------------------------------------------------------------------- */

static void read_batch(struct lt_file *file, struct lt_yaml *map, struct lt_batch_options *options)
{
	int64_t delay_ms = -1, timeout_ms = -1, queue = 0, batch = 0;
	lt_file_int(file, map, "schedule_delay", 0, INT32_MAX, &delay_ms);
	lt_file_int(file, map, "export_timeout", 0, INT32_MAX, &timeout_ms);
	lt_file_int(file, map, "max_queue_size", 1, QUEUE_SPANS_MAX, &queue);
	lt_file_int(file, map, "max_export_batch_size", 1, QUEUE_SPANS_MAX, &batch);
	*options = (struct lt_batch_options){
		.max_queue_size = (size_t)queue,
		.max_batch_size = (size_t)batch,
		/* A 0 of these options is the default. */
		.schedule_delay_ms = delay_ms < 0 ? 0
				     : delay_ms	  ? (unsigned)delay_ms
						  : 1,
		.export_timeout_ms = timeout_ms < 0 ? 0
				     : timeout_ms   ? (unsigned)timeout_ms
						    : INT32_MAX,
	};
}

static struct lt_processor *processor(struct lt_file *file, struct lt_yaml *node)
{
	struct lt_batch_options options = {.max_queue_size = 0};
	struct lt_processor *made = NULL;
	const char *exporter_kind;
	struct lt_yaml *kind = lt_file_component(file, node, "a processor");
	if (!kind)
		return NULL;
	bool is_batch = strcmp(kind->key, "batch") == 0;
	if (!is_batch && strcmp(kind->key, "simple") != 0) {
		lt_file_fail(file, kind, "there is no processor \"%s\" here", kind->key);
		return NULL;
	}
	if (is_batch)
		read_batch(file, kind, &options);
	struct lt_yaml *exporter_node = lt_file_map(file, kind, "exporter");
	if (!exporter_node)
		lt_file_fail(file, kind, "%s has no exporter", kind->key);
	struct lt_exporter *exporter =
		exporter_node ? lt_file_exporter(file, exporter_node, &exporter_kind) : NULL;
	lt_file_end(file, kind);
	if (!exporter)
		return NULL;
	int err = is_batch ? lt_processor_batch_new(exporter, &options, &made)
			   : lt_processor_simple_new(exporter, &made);
	if (err)
		lt_file_no_memory(file);
	return made;
}

struct lt_processor *lt_file_processors(struct lt_file *file, struct lt_yaml *list)
{
	struct lt_processor *processors[LT_PROCESSORS_MAX], *all = NULL;
	size_t n = 0;
	for (struct lt_yaml *item = list->first; item && !file->err; item = item->next) {
		if (n == LT_PROCESSORS_MAX) {
			lt_file_fail(file, item, "more than %d processors", LT_PROCESSORS_MAX);
			break;
		}
		if ((processors[n] = processor(file, item)))
			n++;
	}
	if (file->err) {
		while (n--)
			lt_file_free_processor(processors[n]);
		return NULL;
	}
	if (n == 1)
		return processors[0];
	if (lt_processor_composite_new(processors, n, &all) != 0)
		lt_file_no_memory(file);
	return all;
}
