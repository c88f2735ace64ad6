/* SPDX-License-Identifier: Apache-2.0 */
/* archive.c - loads and saves traces. */
#include "serve/archive.h"

#include "base/json_writer.h"
#include "log.h"
#include "query/v3_json.h"
#include "store/intake.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define LINE_MAX_BYTES ((size_t)256 * 1024 * 1024) /* read or written */
#define READ_BYTES ((size_t)64 * 1024)

static int fail(const char *what, const char *path, const char *why)
{
	log_error(what, LOG_FIELDS(log_str("file", path), log_str("reason", why)));
	return EXIT_FAILURE;
}

/* --- loading ------------------------------------------------------------------------------ */

struct loader {
	struct store *store;
	const char *path;
	size_t n_lines, n_rejected;
};

static int load_line(struct loader *loader, struct lt_slice line)
{
	struct store_result result;
	char why[OTLP_WHY_BYTES], where[OTLP_WHY_BYTES + 40];
	loader->n_lines++;
	if (!line.len)
		return 0;
	if (intake(loader->store, line, ENCODING_JSON, &result, why) == 0) {
		loader->n_rejected += result.n_rejected;
		return 0;
	}
	snprintf(where, sizeof(where), "line %zu: %s", loader->n_lines, why);
	return fail("cannot load traces", loader->path, where);
}

/* Loads and removes the complete lines of text.
 * @param is_last  the end of text ends a line */
static int load_lines(struct loader *loader, struct buffer *text, bool is_last)
{
	char *at = text->data, *end = text->data + text->len;
	int status = 0;
	while (!status && at < end) {
		char *newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline && !is_last)
			break;
		char *line_end = newline ? newline : end;
		status = load_line(loader, (struct lt_slice){at, (size_t)(line_end - at)});
		at = newline ? newline + 1 : end;
	}
	text->len = (size_t)(end - at);
	if (text->len)
		memmove(text->data, at, text->len);
	return status;
}

static int load_all(struct loader *loader, gzFile file, struct buffer *text)
{
	int status = 0, n = 1;
	while (!status && n > 0) {
		char *room = buffer_reserve(text, READ_BYTES);
		if (!room)
			return fail("cannot load traces", loader->path, "a line is too long");
		n = gzread(file, room, READ_BYTES);
		int code;
		const char *why = gzerror(file, &code);
		if (n < 0 ||
			code == Z_BUF_ERROR) /* truncated; from 1.3.2 on gzclose() does not tell */
			return fail("cannot load traces", loader->path, why);
		bool has_newline = memchr(room, '\n', (size_t)n) != NULL;
		text->len += (size_t)n;
		if (has_newline || n == 0)
			status = load_lines(loader, text, n == 0);
	}
	return status;
}

int archive_load(struct store *store, const char *path, bool may_be_missing)
{
	struct loader loader = {.store = store, .path = path};
	struct buffer text;
	gzFile file = gzopen(path, "rb");
	if (!file && errno == ENOENT && may_be_missing)
		return EXIT_SUCCESS;
	if (!file)
		return fail("cannot load traces", path, strerror(errno));
	buffer_init(&text, LINE_MAX_BYTES);
	int status = load_all(&loader, file, &text);
	buffer_done(&text);
	/* Fails for truncated gzip. */
	if (gzclose(file) != Z_OK && !status)
		status = fail("cannot load traces", path, "the file is truncated");
	if (!status) {
		struct store_stats now = store_stats(store);
		log_info("traces loaded",
			LOG_FIELDS(log_str("file", path), log_int("traces", (int64_t)now.n_traces),
				log_int("spans", (int64_t)now.n_spans),
				log_int("rejected", (int64_t)loader.n_rejected),
				log_int("evicted", (int64_t)now.n_evicted_spans)));
	}
	return status;
}

/* --- saving ------------------------------------------------------------------------------- */

/* The temporary file is beside the one that it replaces. */
static void temporary_of(const char *path, char ret_path[PATH_MAX])
{
	snprintf(ret_path, PATH_MAX, "%s.tmp", path);
}

static gzFile open_to_write(const char *path, const char *temporary)
{
	size_t n = strlen(path);
	bool is_gzip = n > 3 && strcmp(path + n - 3, ".gz") == 0;
	return gzopen(temporary, is_gzip ? "wbe" : "wbTe"); /* T: uncompressed */
}

int archive_check(const char *path)
{
	char temporary[PATH_MAX];
	temporary_of(path, temporary);
	gzFile file = open_to_write(path, temporary);
	if (!file)
		return fail("cannot save traces", temporary, strerror(errno));
	gzclose(file);
	unlink(temporary);
	return EXIT_SUCCESS;
}

/* @return 0; -E2BIG for a trace that is too large for a line; -EIO; -ENOMEM */
static int write_trace(gzFile file, const struct trace *trace)
{
	struct buffer line;
	struct json_writer w = {.out = &line};
	buffer_init(&line, LINE_MAX_BYTES);
	jw_begin(&w, '{');
	jw_key(&w, "resourceSpans");
	jw_begin(&w, '[');
	int err = v3_write_trace(&w, trace);
	jw_end(&w, ']');
	jw_end(&w, '}');
	buffer_put(&line, "\n", 1);
	if (!err && line.failed)
		err = -E2BIG;
	if (!err && gzfwrite(line.data, 1, line.len, file) != line.len)
		err = -EIO;
	buffer_done(&line);
	return err;
}

static int write_all(const struct store *store, gzFile file, size_t *ret_n_left_out)
{
	const struct trace *trace = store_newest(store);
	while (trace && trace->older)
		trace = trace->older;
	for (; trace; trace = trace->newer) {
		int err = write_trace(file, trace);
		if (err && err != -E2BIG)
			return err;
		*ret_n_left_out += err != 0;
	}
	return 0;
}

int archive_save(const struct store *store, const char *path)
{
	char temporary[PATH_MAX];
	size_t n_left_out = 0;
	temporary_of(path, temporary);
	gzFile file = open_to_write(path, temporary);
	if (!file)
		return fail("cannot save traces", temporary, strerror(errno));
	int err = write_all(store, file, &n_left_out);
	if (gzclose(file) != Z_OK && !err)
		err = errno ? -errno : -EIO;
	if (!err && rename(temporary, path) != 0)
		err = -errno;
	if (err) {
		unlink(temporary);
		return fail("cannot save traces", path, strerror(-err));
	}
	struct store_stats now = store_stats(store);
	log_info("traces saved", LOG_FIELDS(log_str("file", path),
					 log_int("traces", (int64_t)(now.n_traces - n_left_out)),
					 log_int("left_out", (int64_t)n_left_out)));
	return EXIT_SUCCESS;
}
