/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - diagnostics: few, whole, printable lines on standard error, unless the program has set
 * a handler.  They may come from any thread of any program, so they never block and raise no
 * signal. */
#include "util/report.h"

#include "util/clock.h"
#include "util/config.h"
#include "util/fnv1a.h"
#include "util/output.h"
#include "util/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024 /* longer texts are cut; with the prefix well below PIPE_BUF */

#define CUT "..." /* the end of a text that was cut */

static const char *const level_names[] = {"none", "error", "warn", "info", "debug"};

static void (*handler)(enum lt_level, const char *, void *);
static void *handler_user;

static atomic_int printed_level = -1; /* -1: not read yet */

enum lt_level lt_report_level(void)
{
	int known = atomic_load_explicit(&printed_level, memory_order_relaxed);
	if (known >= 0)
		return (enum lt_level)known;
	atomic_store(&printed_level, LT_LEVEL_INFO); /* of a report on the variable itself */
	known = (int)lt_config_word(
		"OTEL_LOG_LEVEL", level_names, LT_LEVEL_DEBUG + 1, LT_LEVEL_INFO);
	atomic_store(&printed_level, known);
	return (enum lt_level)known;
}

void lt_report_set_level(enum lt_level new_level)
{
	atomic_store(&printed_level, new_level);
}

void lt_set_report_handler(
	void (*new_handler)(enum lt_level level, const char *text, void *user), void *user)
{
	handler_user = user;
	handler = new_handler;
}

/* n: the length before the cut. */
static void clean_line(char *text, size_t size, int n)
{
	size_t len = n < 0 ? 0 : (size_t)n;
	bool is_cut = len >= size;
	if (is_cut)
		len = size - sizeof(CUT);
	len = lt_utf8_clean(text, len);
	memcpy(text + len, is_cut ? CUT : "", is_cut ? sizeof(CUT) : 1);
}

/* n_left_out: suppressed reports of this kind. */
static void report(enum lt_level level, uint64_t n_left_out, const char *format, va_list args)
{
	int err_before = errno;
	char line[LINE_MAX_BYTES], more[48] = "";
	clean_line(line, sizeof(line), vsnprintf(line, sizeof(line), format, args));
	if (n_left_out)
		snprintf(more, sizeof(more), " (and %" PRIu64 " like it before)", n_left_out);

	char out[LINE_MAX_BYTES + 128];
	int prefix = snprintf(out, sizeof(out), "libtrace: %s: ", level_names[level]);
	int n = prefix + snprintf(out + prefix, sizeof(out) - (size_t)prefix, "%s%s", line, more);
	if (level > lt_report_level()) {
		/* nobody wants it */
	} else if (handler) {
		handler(level, out + prefix, handler_user);
	} else {
		out[n++] = '\n';
		lt_output_write(STDERR_FILENO, out, (size_t)n, 0); /* at once: lines never mix */
	}
	errno = err_before;
}

void lt_report(enum lt_level level, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	report(level, 0, format, args);
	va_end(args);
}

/* --- one per interval ---------------------------------------------------------------------- */

/* Without a lock, which a fork's child could find taken for ever.  Two threads with the same new
 * kind may both report it. */
static struct {
	_Atomic uint64_t kind;	/* its hash */
	_Atomic uint64_t at_ns; /* of the last report; 0: a free place */
	_Atomic uint64_t n_left_out;
} kinds[LT_REPORT_KINDS];

static bool is_over(uint64_t at_ns, uint64_t now_ns)
{
	return at_ns == 0 || now_ns - at_ns >= LT_REPORT_INTERVAL_MS * UINT64_C(1000000);
}

/* LT_REPORT_KINDS: none. */
static size_t place_of(uint64_t kind)
{
	size_t i = 0;
	while (i < LT_REPORT_KINDS &&
		!(atomic_load(&kinds[i].at_ns) && atomic_load(&kinds[i].kind) == kind))
		i++;
	return i;
}

static size_t free_place(uint64_t now_ns)
{
	size_t i = 0;
	while (i < LT_REPORT_KINDS && !is_over(atomic_load(&kinds[i].at_ns), now_ns))
		i++;
	return i;
}

bool lt_report_is_due(const char *kind, uint64_t now_ns, uint64_t *ret_n_left_out)
{
	uint64_t hash = lt_fnv1a(LT_FNV1A_START, kind, strlen(kind));
	size_t i = place_of(hash);
	bool is_known = i < LT_REPORT_KINDS;
	if (!is_known)
		i = free_place(now_ns);
	if (i == LT_REPORT_KINDS)
		return false;

	uint64_t at_ns = atomic_load(&kinds[i].at_ns);
	if (!is_over(at_ns, now_ns) ||
		!atomic_compare_exchange_strong(&kinds[i].at_ns, &at_ns, now_ns)) {
		atomic_fetch_add(&kinds[i].n_left_out, 1);
		return false;
	}
	atomic_store(&kinds[i].kind, hash);
	uint64_t n_left_out = atomic_exchange(&kinds[i].n_left_out, 0);
	*ret_n_left_out = is_known ? n_left_out : 0;
	return true;
}

void lt_report_limited(const char *kind, enum lt_level level, const char *format, ...)
{
	uint64_t n_left_out;
	if (!lt_report_is_due(kind, lt_clock_monotonic_ns(), &n_left_out))
		return;
	va_list args;
	va_start(args, format);
	report(level, n_left_out, format, args);
	va_end(args);
}
