/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

struct log_line {
	struct text text;
};

static struct log_setup config = {.service = "", .level = LOG_LEVEL_INFO};
static void (*context)(struct log_line *line);

void log_setup(const struct log_setup *setup)
{
	config = *setup;
}

void log_set_context(void (*add_fields)(struct log_line *line))
{
	context = add_fields;
}

/* Whether a value needs no quotes in a text line: no blank, quote, '=' or control character. */
static bool is_plain(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];
		if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f)
			return false;
	}
	return len > 0 && utf8_is_valid(bytes, len);
}

static void add_value(struct text *text, const struct log_field *field)
{
	if (!field->text)
		text_addi(text, field->number);
	else if (!config.json && is_plain(field->text, field->text_len))
		text_add(text, field->text, field->text_len);
	else
		text_add_json(text, field->text, field->text_len);
}

/* log_write() reserves room for the end of the line beyond the capacity. */
void log_line_add(struct log_line *line, const struct log_field *field)
{
	struct text *text = &line->text;
	size_t from = text->len;

	if (text->is_cut)
		return;
	text_adds(text, config.json ? ",\"" : " ");
	text_adds(text, field->key);
	text_adds(text, config.json ? "\":" : "=");
	add_value(text, field);
	if (text->is_cut)
		text->len = from;
}

static void add_time(struct text *text)
{
	char buffer[sizeof("2026-08-25T12:00:00.123Z") + 40];
	struct timespec now;
	struct tm utc;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	snprintf(buffer, sizeof(buffer), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
		utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
		(int)(now.tv_nsec / 1000000));
	text_adds(text, buffer);
}

void log_write(enum log_level level, const char *message, const struct log_field *fields, size_t n)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};
	char buffer[LOG_LINE_MAX_BYTES];
	struct log_line line = {.text = text_in(buffer, sizeof(buffer) - sizeof("}"))};
	struct text *text = &line.text;
	int saved_errno = errno;

	if (level > config.level)
		return;
	text_adds(text, config.json ? "{\"time\":\"" : "");
	add_time(text);
	if (config.json) {
		text_adds(text, "\",\"level\":\"");
		text_adds(text, names[level]);
		text_adds(text, "\",\"service\":\"");
		text_adds(text, config.service);
		text_adds(text, "\",\"message\":");
		text_add_json(text, message, strlen(message));
	} else {
		text_addc(text, ' ');
		text_adds(text, names[level]);
		text_addc(text, ' ');
		text_adds(text, config.service);
		text_adds(text, ": ");
		text_adds(text, message);
	}
	for (size_t i = 0; i < n; i++)
		log_line_add(&line, &fields[i]);
	if (context)
		context(&line);
	text->capacity = sizeof(buffer);
	text_adds(text, config.json ? "}\n" : "\n");

	/* A failure to write to standard error cannot be reported. */
	ssize_t written;
	do
		written = write(STDERR_FILENO, text->ptr, text->len);
	while (written < 0 && errno == EINTR);
	errno = saved_errno;
}
