/* SPDX-License-Identifier: Apache-2.0 */
/* known.c - the table, and the search for mistyped names. README.md and the manual page repeat the
 * table; a test compares them.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 *         https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
#include "known.h"
#include "util/defaults.h"
#include "util/slice.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "OTEL_"
#define OTLP "OTEL_EXPORTER_OTLP_"
#define OTLP_TRACES "OTEL_EXPORTER_OTLP_TRACES_"

#define TYPO_LETTERS 2 /* up to so many wrong ones are a typing error */

#define LIB READ_BY_LIBRARY, SHOWN
#define AGENT READ_BY_AGENT, SHOWN
#define NUMBER(macro) NUMERAL(macro)
#define NUMERAL(number) #number

/* clang-format off */
const struct known known_settings[] = {
	{"OTEL_CONFIG_FILE", "FILE", "", LIB, "YAML with all settings; then no other OTEL_* counts but OTEL_C_*"},
	{"OTEL_SERVICE_NAME", "NAME", "unknown_service:PROGRAM", LIB, "the service that makes the spans"},
	{"OTEL_RESOURCE_ATTRIBUTES", "KEY=VALUE,...", "", LIB, "further attributes of the resource"},
	{"OTEL_C_RESOURCE_DETECTORS", "WORD,...", LT_DEFAULT_DETECTORS, LIB, "also os, container, k8s; or none"},
	{"OTEL_TRACES_EXPORTER", "WORD,...", "otlp", LIB, "also console, otlp/stdout, otlp/file; or none"},
	{"OTEL_C_CONSOLE_FILE", "FILE", "", LIB, "where console prints, instead of standard error"},
	{"OTEL_C_OTLP_FILE", "FILE", "-", LIB, "where otlp/file appends lines of JSON; -: standard output"},
	{OTLP "ENDPOINT", "URL", LT_DEFAULT_OTLP_ENDPOINT, READ_BY_LIBRARY, URL, "the collector; /v1/traces is appended"},
	{OTLP "PROTOCOL", "WORD", "http/protobuf", LIB, "or http/json"},
	{OTLP "HEADERS", "KEY=VALUE,...", "", READ_BY_LIBRARY, HIDDEN, "sent with the spans, percent-encoded"},
	{OTLP "TIMEOUT", "MS", NUMBER(LT_DEFAULT_OTLP_TIMEOUT_MS), LIB, "limit of sending a batch; 0: no limit"},
	{OTLP "COMPRESSION", "WORD", "none", LIB, "or gzip"},
	{OTLP "CERTIFICATE", "FILE", "", LIB, "PEM: trusted CAs, instead of the system's"},
	{OTLP "CLIENT_CERTIFICATE", "FILE", "", LIB, "PEM: the client's certificate"},
	{OTLP "CLIENT_KEY", "FILE", "", LIB, "PEM: the client's key"},
	{"OTEL_TRACES_SAMPLER", "WORD", "parentbased_always_on", LIB, "or always_on, always_off, traceidratio, parentbased_..."},
	{"OTEL_TRACES_SAMPLER_ARG", "RATIO", "1", LIB, "from 0 to 1, of traceidratio"},
	{"OTEL_PROPAGATORS", "WORD,...", "tracecontext,baggage", LIB, "also b3, b3multi, jaeger; or none"},
	{"OTEL_BSP_SCHEDULE_DELAY", "MS", NUMBER(LT_DEFAULT_BSP_SCHEDULE_DELAY_MS), LIB, "how long ended spans wait for a batch"},
	{"OTEL_BSP_EXPORT_TIMEOUT", "MS", NUMBER(LT_DEFAULT_BSP_EXPORT_TIMEOUT_MS), LIB, "limit of an export"},
	{"OTEL_BSP_MAX_QUEUE_SIZE", "SPANS", NUMBER(LT_DEFAULT_BSP_QUEUE_SPANS), LIB, "spans that wait; more are dropped"},
	{"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "SPANS", NUMBER(LT_DEFAULT_BSP_BATCH_SPANS), LIB, "spans that are sent together"},
	{"OTEL_C_MAX_QUEUE_BYTES", "BYTES", NUMBER(LT_DEFAULT_QUEUE_BYTES), LIB, "memory of spans that wait; more are dropped"},
	{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "N", NUMBER(LT_DEFAULT_SPAN_LIMIT), LIB, "attributes of a span"},
	{"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "N", "", LIB, "characters of a value"},
	{"OTEL_SPAN_EVENT_COUNT_LIMIT", "N", NUMBER(LT_DEFAULT_SPAN_LIMIT), LIB, "events of a span"},
	{"OTEL_SPAN_LINK_COUNT_LIMIT", "N", NUMBER(LT_DEFAULT_SPAN_LIMIT), LIB, "links of a span"},
	{"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "N", NUMBER(LT_DEFAULT_SPAN_LIMIT), LIB, "attributes of an event"},
	{"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "N", NUMBER(LT_DEFAULT_SPAN_LIMIT), LIB, "attributes of a link"},
	{"OTEL_ATTRIBUTE_COUNT_LIMIT", "N", NUMBER(LT_DEFAULT_SPAN_LIMIT), LIB, "default of the span's own limits"},
	{"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "N", "", LIB, "likewise"},
	{"OTEL_SDK_DISABLED", "BOOL", "false", LIB, "true: run without tracing"},
	{"OTEL_LOG_LEVEL", "WORD", "info", LIB, "or none, error, warn, debug: what tracing reports"},
	{"OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "NAME,...", "RFC 9110's, PATCH, QUERY", AGENT, "methods used in span names"},
	{"OTEL_C_EXCLUDED_URLS", "PATH,...", LT_DEFAULT_EXCLUDED_URLS, AGENT, "requests not traced; PATH* for all that begin so"},
	{"OTEL_C_RESPONSE_HEADERS", "WORD", "true", AGENT, "traceresponse in answers; or false, edge: unless a traceparent came"},
	{"OTEL_C_CHILDREN", "BOOL", "true", AGENT, "false: trace no program that this one starts"},
	{"OTEL_C_RELAY", "WORD", "yes", AGENT, "no: a thread of the program's sends its spans; PATH: the relay there"},
	{"OTEL_C_RELAY_TOKEN", "HEX", "", READ_BY_AGENT, HIDDEN, "lets the program in where the relay is a path"},
	{"OTEL_C_OPEN_SPANS", "BOOL", "true", AGENT, "false: the relay sends no span that was open at a program's end"},
#define HOOK_SETTING(id, variable, text, first, ...) {variable, "WORD", first, AGENT, text},
#include <hook_tables.h>
	{"OTEL_C_SQLCOMMENTER", "BOOL", "false", AGENT, "true: libpq's queries carry a comment with their traceparent"},
	{"OTEL_C_EXIT_TIMEOUT", "MS", NUMBER(LT_DEFAULT_EXIT_TIMEOUT_MS), AGENT, "limit of an exit's wait for the last spans; with a relay only where set"},
};
/* clang-format on */
const size_t n_known_settings = sizeof(known_settings) / sizeof(known_settings[0]);

/* Prefixes of variables of the specification or of other SDKs: they may be meant for programs that
 * the traced one starts. */
static const char *const groups[] = {
	/* ours */
	OTLP,
	"OTEL_TRACES_",
	"OTEL_BSP_",
	"OTEL_SPAN_",
	"OTEL_EVENT_",
	"OTEL_LINK_",
	"OTEL_ATTRIBUTE_",
	"OTEL_INSTRUMENTATION_",
	"OTEL_C_",
	/* others' */
	"OTEL_EXPORTER_",
	"OTEL_METRIC_",
	"OTEL_METRICS_",
	"OTEL_LOGS_",
	"OTEL_LOGRECORD_",
	"OTEL_BLRP_",
	"OTEL_CONFIG_",
	"OTEL_EXPERIMENTAL_",
	"OTEL_SEMCONV_",
	"OTEL_RESOURCE_",
	"OTEL_ENTITIES",
	"OTEL_CPP_",
	"OTEL_DOTNET_",
	"OTEL_GO_",
	"OTEL_JAVA_",
	"OTEL_JAVAAGENT_",
	"OTEL_NODE_",
	"OTEL_PHP_",
	"OTEL_PYTHON_",
	"OTEL_RUBY_",
	"OTEL_RUST_",
};

/* The general form of a variable for traces; any other variable unchanged. */
static const char *generalize(const char *variable, char general[KNOWN_NAME_MAX_BYTES])
{
	if (!lt_starts_with(variable, OTLP_TRACES) || strlen(variable) >= KNOWN_NAME_MAX_BYTES)
		return variable;
	strcpy(general, OTLP);
	return strcat(general, variable + strlen(OTLP_TRACES));
}

const struct known *known_find(const char *variable)
{
	char general[KNOWN_NAME_MAX_BYTES];

	variable = generalize(variable, general);
	for (size_t i = 0; i < n_known_settings; i++) {
		if (strcmp(known_settings[i].name, variable) == 0)
			return &known_settings[i];
	}
	return NULL;
}

bool known_has_form(const char *variable)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (lt_starts_with(variable, groups[i]) && variable[strlen(groups[i])])
			return true;
	}
	return false;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The edit distance: insertions, deletions, replacements and swaps of neighbours that turn a into
 * b. https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance (optimal string
 * alignment) */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][KNOWN_NAME_MAX_BYTES]; /* of the previous, the current and the next letter
	                                         * of a */
	size_t n_a = strlen(a), n_b = strlen(b);

	for (size_t j = 0; j <= n_b; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n_a; i++) {
		unsigned *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= n_b; j++) {
			row[j] = least(
				up[j - 1] + (a[i - 1] != b[j - 1]), least(up[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], up2[j - 2] + 1);
		}
	}
	return rows[n_a % 3][n_b];
}

bool known_is_slip(const char *a, const char *b)
{
	return strlen(a) < KNOWN_NAME_MAX_BYTES && strlen(b) < KNOWN_NAME_MAX_BYTES &&
	       distance(a, b) <= TYPO_LETTERS;
}

/* "ENDPOINT" for "EXPORTER_OTLP_ENDPOINT": whole words of it. */
static bool has_words(const char *name, const char *words)
{
	const char *found = strstr(name, words);

	return found && found > name && found[-1] == '_' &&
	       (!found[strlen(words)] || found[strlen(words)] == '_');
}

static const char *nearest_known(const char *variable, enum known_likeness *ret_likeness)
{
	size_t n_letters = strlen(variable) - strlen(PREFIX);
	unsigned nearest_distance = UINT_MAX;
	const char *nearest = NULL;

	for (size_t i = 0; i < n_known_settings; i++) {
		unsigned d = distance(variable, known_settings[i].name);
		if (d < nearest_distance) {
			nearest = known_settings[i].name;
			nearest_distance = d;
		}
	}
	*ret_likeness = nearest_distance <= TYPO_LETTERS && !lt_starts_with(variable, "OTEL_BLRP_")
				? TYPO
				: SIMILAR;
	if (nearest_distance <= n_letters / 3)
		return nearest;
	for (size_t i = 0; i < n_known_settings; i++) {
		if (n_letters && has_words(known_settings[i].name, variable + strlen(PREFIX)))
			return known_settings[i].name;
	}
	return NULL;
}

enum known_likeness known_nearest(const char *variable, char ret_nearest[KNOWN_NAME_MAX_BYTES])
{
	char general[KNOWN_NAME_MAX_BYTES];
	enum known_likeness likeness;
	const char *asked = generalize(variable, general);

	if (strlen(variable) >= KNOWN_NAME_MAX_BYTES || !lt_starts_with(variable, PREFIX))
		return UNLIKE;
	const char *nearest = nearest_known(asked, &likeness);
	if (!nearest)
		return UNLIKE;
	if (asked != variable && lt_starts_with(nearest, OTLP))
		snprintf(ret_nearest, KNOWN_NAME_MAX_BYTES, OTLP_TRACES "%s",
			nearest + strlen(OTLP));
	else
		snprintf(ret_nearest, KNOWN_NAME_MAX_BYTES, "%s", nearest);
	return likeness;
}

void known_option(const char *variable, char ret_option[KNOWN_NAME_MAX_BYTES])
{
	size_t n = (size_t)snprintf(
		ret_option, KNOWN_NAME_MAX_BYTES, "--%s", variable + strlen(PREFIX));

	for (size_t i = 0; i < n && ret_option[i]; i++) {
		char c = ret_option[i];
		ret_option[i] = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
}
