/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery.h"
#include "configure/config_file.h"
#include "export/otlp_endpoint.h"
#include "export/otlp_http_config.h"
#include "hook/settings.h"
#include "known.h"
#include "say.h"
#include "setup/exporter_from_env.h"
#include "trace/provider.h"
#include "util/config.h"
#include <errno.h>
#include <libtrace/semconv.h>
#include <libtrace/testing.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ANSWER_TIMEOUT_MS 3000 /* of a collector; OTEL_EXPORTER_OTLP_TIMEOUT may be shorter */
#define SETTINGS_MAX 256       /* more are not shown */
#define REPORT_MAX_BYTES 1024

static void say_report(enum lt_level level, const char *text, void *user)
{
	if (level == LT_LEVEL_ERROR || level == LT_LEVEL_WARN)
		say("warning", "%s", text);
}

static void ignore_report(enum lt_level level, const char *text, void *user)
{
}

/* Keeps the first one, which is the cause of others. */
static void keep_report(enum lt_level level, const char *text, void *user)
{
	char *report = user;

	if (!*report && (level == LT_LEVEL_ERROR || level == LT_LEVEL_WARN))
		snprintf(report, REPORT_MAX_BYTES, "%s", text);
}

/* --- settings ----------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void say_unknown(const char *name)
{
	char nearest[KNOWN_NAME_MAX_BYTES];

	if (known_nearest(name, nearest) != UNLIKE)
		say("setting", "%s: nothing here reads it (is %s meant?)", name, nearest);
	else
		say("setting", "%s: nothing here reads it", name);
}

static bool is_replaced_by_file(const char *name)
{
	return lt_config_has_file() && strncmp(name, "OTEL_C_", 7) != 0 &&
	       strcmp(name, "OTEL_CONFIG_FILE") != 0;
}

/* The value of an unknown variable is not shown: it may be a secret. */
static void say_setting(const char *entry)
{
	int len = (int)strcspn(entry, "=");
	char name[KNOWN_NAME_MAX_BYTES];

	snprintf(name, sizeof(name), "%.*s", len, entry);
	const struct known *known = known_find(name);
	if (!known) {
		say_unknown(name);
	} else if (is_replaced_by_file(name)) {
		say("setting", "%s: ignored, but for ${%s} in OTEL_CONFIG_FILE", name, name);
	} else if (known->secret == HIDDEN) {
		say("setting", "%s=(not shown)", name);
	} else if (known->secret == URL) {
		char *shown = lt_otlp_endpoint_shown(lt_slice(entry + len + 1));
		say("setting", "%s=%s", name, shown ? shown : "");
		free(shown);
	} else {
		say("setting", "%s", entry);
	}
}

static void say_settings(void)
{
	char *set[SETTINGS_MAX];
	size_t n = 0;

	for (char **entry = environ; *entry; entry++) {
		if (strncmp(*entry, "OTEL_", 5) == 0 && n < SETTINGS_MAX)
			set[n++] = *entry;
	}
	qsort(set, n, sizeof(set[0]), by_name);
	for (size_t i = 0; i < n; i++)
		say_setting(set[i]);
	if (n == 0)
		say("setting", "no OTEL_* variable is set: the defaults hold");
}

static void say_service(const struct lt_resource *resource)
{
	const struct lt_attr *name =
		lt_attributes_find(lt_resource_attributes(resource), LT_SERVICE_NAME);

	if (name && name->type == LT_TYPE_STRING)
		say("service", "%.*s", (int)name->value.string.len, name->value.string.ptr);
}

void delivery_read_settings(const char *program)
{
	struct lt_provider *provider;

	program_invocation_short_name = (char *)(uintptr_t)program;
	say_settings();
	lt_set_report_handler(say_report, NULL);
	(void)settings_init();
	if (lt_provider_new(NULL, &provider) == 0) {
		say_service(provider->resource);
		lt_provider_free(provider);
	}
}

/* --- sending ------------------------------------------------------------------------------ */

static void say_request(const struct lt_otlp_http_config *config)
{
	char names[1024] = "";
	size_t len = 0;

	for (size_t i = 0; i < config->n_headers && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%.*s",
			i ? ", " : " with ", (int)strcspn(config->headers[i], ":;"),
			config->headers[i]);
	say("export", "by %s%s%s to %s", config->json ? "http/json" : "http/protobuf",
		config->gzip ? " (gzip)" : "", names, config->shown);
}

static void say_way(const struct lt_otlp_http_config *config)
{
	const struct lt_proxy *proxy = &config->proxy;

	if (!proxy->url)
		return;
	const char *reason = lt_proxy_exemption(proxy, lt_otlp_endpoint_host(config->endpoint));
	char *shown = lt_otlp_endpoint_shown(lt_slice(proxy->url));
	if (reason)
		say("way", "directly, not through %s of %s: %s", shown ? shown : "the proxy",
			proxy->variable, reason);
	else
		say("way", "through the proxy %s of %s", shown ? shown : "", proxy->variable);
	free(shown);
}

static bool try_otlp(struct lt_exporter *exporter)
{
	char report[REPORT_MAX_BYTES] = "";

	say_request(lt_exporter_otlp_http_config(exporter));
	say_way(lt_exporter_otlp_http_config(exporter));
	lt_set_report_handler(keep_report, report);
	exporter->impl->hurry(exporter, ANSWER_TIMEOUT_MS);
	int err = exporter->impl->export_spans(exporter, NULL, 0, ANSWER_TIMEOUT_MS);
	if (!err)
		say("answer", "yes: takes spans%s%s", *report ? ", but " : "", report);
	else
		say("answer", "no: %s", *report ? report : strerror(-err));
	lt_set_report_handler(ignore_report, NULL); /* already printed */
	return !err;
}

static bool try_kind(enum lt_exporter_kind kind)
{
	struct lt_exporter *exporter;
	if (kind == LT_EXPORTER_CONSOLE)
		say("export", "to the console");
	else if (kind == LT_EXPORTER_STDOUT)
		say("export", "to standard output");
	else if (kind == LT_EXPORTER_FILE)
		say("export", "to the file that OTEL_C_OTLP_FILE names");
	if (kind != LT_EXPORTER_OTLP)
		return true;
	int err = lt_exporter_from_env(kind, &exporter);
	if (err) {
		say("export", "no: %s",
			err == -EINVAL ? "the endpoint is not a valid URL" : strerror(-err));
		return false;
	}
	bool arrives = try_otlp(exporter);
	exporter->impl->free(exporter);
	return arrives;
}

/* Of OTEL_CONFIG_FILE: whether they all arrive. */
static void try_exporter(const char *kind, struct lt_exporter *exporter, void *user)
{
	bool *arrive = user;

	if (strcmp(kind, "otlp_http") == 0)
		*arrive &= try_otlp(exporter);
	else
		say("export", strcmp(kind, "console") == 0 ? "to the console" : "to a file");
	exporter->impl->free(exporter);
}

static bool try_file(void)
{
	struct lt_provider *provider;
	bool arrive = true;

	int err = lt_provider_new(NULL, &provider);
	if (err) {
		say("export", "no: OTEL_CONFIG_FILE cannot be used");
		return false;
	}
	bool is_disabled = provider->is_disabled;
	lt_provider_free(provider);
	if (is_disabled) {
		say("export", "no: tracing is disabled, or not there, in OTEL_CONFIG_FILE");
		return false;
	}
	return lt_config_file_exporters(try_exporter, &arrive) == 0 && arrive;
}

bool delivery_try(void)
{
	enum lt_exporter_kind kinds[LT_EXPORTER_KINDS];
	bool arrive = true;

	if (lt_config_bool("OTEL_SDK_DISABLED")) {
		say("export", "no: OTEL_SDK_DISABLED is true");
		return false;
	}
	lt_set_report_handler(ignore_report, NULL); /* already printed */
	if (lt_config_has_file())
		return try_file();
	size_t n = lt_exporter_kinds_from_env(kinds);
	if (!n)
		say("export", "no: OTEL_TRACES_EXPORTER is none");
	for (size_t i = 0; i < n; i++)
		arrive &= try_kind(kinds[i]);
	return n && arrive;
}
