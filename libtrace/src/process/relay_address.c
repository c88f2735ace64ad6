/* SPDX-License-Identifier: Apache-2.0 */
#include "process/relay_address.h"

#include "util/config.h"
#include "util/fnv1a.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t add_text(uint64_t hash, struct lt_slice text)
{
	hash = lt_fnv1a(hash, text.ptr, text.len);
	return lt_fnv1a(hash, "\xff", 1); /* no byte of a value is this one's end */
}

uint64_t lt_relay_settings(void)
{
	static const char *const kinds[] = {"ENDPOINT", "PROTOCOL", "HEADERS", "TIMEOUT",
		"COMPRESSION", "CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"};
	static const char *const others[] = {"OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT",
		"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_LOG_LEVEL", "http_proxy", "https_proxy",
		"HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "SSL_CERT_FILE",
		"SSL_CERT_DIR"};
	char name[64];
	uint64_t hash = LT_FNV1A_START;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		snprintf(name, sizeof(name), "OTEL_EXPORTER_OTLP_%s", kinds[i]);
		hash = add_text(hash, lt_config_text(name));
		snprintf(name, sizeof(name), "OTEL_EXPORTER_OTLP_TRACES_%s", kinds[i]);
		hash = add_text(hash, lt_config_text(name));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		hash = add_text(hash, lt_config_text(others[i]));
	return hash;
}

bool lt_relay_address_read(struct lt_relay_address *ret_address)
{
	char token[LT_SLAB_TOKEN_BYTES + 1] = "";
	uint64_t settings;
	const char *text = secure_getenv(LT_RELAY_VARIABLE);
	if (!text || sscanf(text, "%63[^,],%32[0-9a-f],%" SCNx64, ret_address->name, token,
			     &settings) != 3)
		return false;
	memcpy(ret_address->token, token, sizeof(ret_address->token));
	return strlen(token) == LT_SLAB_TOKEN_BYTES && settings == lt_relay_settings();
}
