/* SPDX-License-Identifier: Apache-2.0 */
#include "process/relay_address.h"

#include "util/config.h"
#include "util/fnv1a.h"
#include "util/id_hex.h"
#include "util/report.h"
#include "util/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define PREFIX "unix:"
#define HEX_DIGITS "0123456789abcdef"

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

/* --- a path ------------------------------------------------------------------------------- */

bool lt_relay_has_path(const char **ret_path)
{
	struct lt_slice text = lt_config_text("OTEL_C_RELAY");
	size_t n_prefix = sizeof(PREFIX) - 1;
	bool has_prefix = text.len > n_prefix && memcmp(text.ptr, PREFIX, n_prefix) == 0;
	if (!text.len || (text.ptr[0] != '/' && !has_prefix))
		return false;
	if (ret_path)
		*ret_path = text.ptr + (has_prefix ? n_prefix : 0);
	return true;
}

/* Blanks at the end are a file's line break; dashes are those of a UUID, as a pod has one. */
static int read_token(struct lt_slice text, char ret_token[LT_SLAB_TOKEN_BYTES])
{
	char token[LT_SLAB_TOKEN_BYTES];
	size_t n = 0;
	while (text.len && (unsigned char)text.ptr[text.len - 1] <= ' ')
		text.len--;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '-')
			continue;
		if (n == sizeof(token) || !memchr(HEX_DIGITS, text.ptr[i], sizeof(HEX_DIGITS) - 1))
			return -EINVAL;
		token[n++] = text.ptr[i];
	}
	if (n != sizeof(token))
		return -EINVAL;
	memcpy(ret_token, token, sizeof(token));
	return 0;
}

int lt_relay_token_from_env(char ret_token[LT_SLAB_TOKEN_BYTES])
{
	struct lt_slice text = lt_config_text("OTEL_C_RELAY_TOKEN");
	return text.ptr ? read_token(text, ret_token) : -ENOENT;
}

int lt_relay_token_from_file(const char *path, char ret_token[LT_SLAB_TOKEN_BYTES])
{
	char name[LT_SLAB_NAME_BYTES + sizeof(LT_RELAY_TOKEN_SUFFIX)];
	char text[LT_SLAB_TOKEN_BYTES + 2]; /* with a line break */
	snprintf(name, sizeof(name), "%s" LT_RELAY_TOKEN_SUFFIX, path);
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, text, sizeof(text));
	int err = n < 0 ? -errno : read_token((struct lt_slice){text, (size_t)n}, ret_token);
	close(fd);
	return err;
}

int lt_relay_token_make(char ret_token[LT_SLAB_TOKEN_BYTES])
{
	uint8_t bytes[LT_SLAB_TOKEN_BYTES / 2];
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -EIO;
	lt_hex_print(ret_token, bytes, sizeof(bytes));
	return 0;
}

static bool read_path(const char *path, struct lt_relay_address *ret_address)
{
	size_t len = strlen(path);
	while (len && (unsigned char)path[len - 1] <= ' ')
		len--;
	if (path[0] != '/' || len >= sizeof(ret_address->name)) {
		lt_report(LT_LEVEL_WARN,
			"OTEL_C_RELAY: a socket's path begins with / and has at most %zu bytes; a "
			"thread exports the spans",
			sizeof(ret_address->name) - 1);
		return false;
	}
	memcpy(ret_address->name, path, len);
	ret_address->name[len] = '\0';
	ret_address->is_path = true;
	ret_address->waits[0] = '\0';
	int err = lt_relay_token_from_env(ret_address->token);
	bool is_file = err == -ENOENT;
	if (is_file)
		err = lt_relay_token_from_file(ret_address->name, ret_address->token);
	if (err)
		lt_report(LT_LEVEL_WARN,
			"no token for the relay at %s: %s%s: %s; a thread exports the spans",
			ret_address->name, is_file ? ret_address->name : "OTEL_C_RELAY_TOKEN",
			is_file ? LT_RELAY_TOKEN_SUFFIX : "",
			err == -EINVAL ? "it is not 32 digits 0-9a-f" : strerror(-err));
	return !err;
}

/* --- either ------------------------------------------------------------------------------- */

bool lt_relay_is_wanted(void)
{
	struct lt_slice text = lt_config_text("OTEL_C_RELAY");
	return !text.ptr || !lt_slice_is_word(text, "no");
}

bool lt_relay_address_read(struct lt_relay_address *ret_address)
{
	char token[LT_SLAB_TOKEN_BYTES + 1] = "";
	uint64_t settings;
	const char *path, *text = secure_getenv(LT_RELAY_VARIABLE);
	if (lt_relay_has_path(&path))
		return read_path(path, ret_address);
	ret_address->waits[0] = '\0';
	if (!text || sscanf(text, "%63[^,],%32[0-9a-f],%" SCNx64 ",%7[a-z]", ret_address->name,
			     token, &settings, ret_address->waits) < 3)
		return false;
	ret_address->is_path = false;
	memcpy(ret_address->token, token, sizeof(ret_address->token));
	return strlen(token) == LT_SLAB_TOKEN_BYTES && settings == lt_relay_settings() &&
	       lt_relay_is_wanted();
}
