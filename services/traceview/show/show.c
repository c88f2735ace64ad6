/* SPDX-License-Identifier: Apache-2.0 */
/* show.c - `traceview show`. */
#include "show/show.h"

#include "base/hex.h"
#include "query/params.h"
#include "show/fetch.h"
#include "show/waterfall.h"

#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define EXIT_USAGE 2
#define POLL_INTERVAL_MS 200
#define WIDTH_DEFAULT 100 /* when the output is not a terminal */
#define OUTPUT_MAX_BYTES ((size_t)64 * 1024 * 1024)

static const char help[] =
	"Usage: traceview show [TRACE_ID|latest] [OPTIONS]\n"
	"\n"
	"Prints a trace as a waterfall, from traceview or from Jaeger 2.13 to 2.21.\n"
	"\n"
	"  --url URL          the query API (default http://localhost:16686; TRACEVIEW_UI_PORT\n"
	"                     changes the port)\n"
	"  --service NAME     with latest: only traces of this service\n"
	"  --spans N          wait for (or, with latest, look for) a trace of at least N spans\n"
	"  --wait SECONDS     how long to wait for the trace (default 0)\n"
	"  --json             print the trace in Jaeger's JSON instead\n"
	"  --ascii            print ASCII only (default: as the locale says)\n"
	"  --color WHEN       auto (default), always or never; NO_COLOR is respected\n"
	"  --width COLUMNS    default: the terminal's width, else 100\n"
	"  --help\n"
	"\n"
	"Exit status: 0; 1 when there is no such trace; 2 for a usage error.\n";

struct show {
	const char *trace_id; /* NULL: the latest */
	const char *url;
	const char *service; /* NULL: any */
	uint64_t n_spans;
	double wait_s;
	bool json;
	struct waterfall_options waterfall;
};

/* --- the command line --------------------------------------------------------------------- */

static int complain(const char *what, const char *argument)
{
	fprintf(stderr, "traceview show: %s: %s; see --help\n", what, argument);
	return EXIT_USAGE;
}

static void choose_width(struct waterfall_options *options)
{
	struct winsize size;
	bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
	options->width = known ? size.ws_col : WIDTH_DEFAULT;
}

static bool choose_color(const char *when, struct waterfall_options *options)
{
	const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */
	const char *term = getenv("TERM");
	bool is_auto = strcmp(when, "auto") == 0;
	bool wanted = isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
		      !(term && strcmp(term, "dumb") == 0);
	options->color = is_auto ? wanted : strcmp(when, "always") == 0;
	return is_auto || options->color || strcmp(when, "never") == 0;
}

static bool read_seconds(const char *text, double *ret_s)
{
	char *end;
	double value = strtod(text, &end);
	if (*text < '0' || *text > '9' || *end || !(value <= 86400))
		return false;
	*ret_s = value;
	return true;
}

enum {
	OPT_URL = 1,
	OPT_SERVICE,
	OPT_SPANS,
	OPT_WAIT,
	OPT_JSON,
	OPT_ASCII,
	OPT_COLOR,
	OPT_WIDTH,
	OPT_HELP
};

/* @return whether the value is valid */
static bool read_option(struct show *show, int option, const char *value)
{
	uint64_t width;
	switch (option) {
	case OPT_URL:
		show->url = value;
		return true;
	case OPT_SERVICE:
		show->service = value;
		return true;
	case OPT_SPANS:
		return parse_uint64(value, &show->n_spans);
	case OPT_WAIT:
		return read_seconds(value, &show->wait_s);
	case OPT_JSON:
		return show->json = true;
	case OPT_ASCII:
		return show->waterfall.ascii = true;
	case OPT_COLOR:
		return choose_color(value, &show->waterfall);
	default:
		if (!parse_uint64(value, &width) || width > WATERFALL_WIDTH_MAX)
			return false;
		show->waterfall.width = (unsigned)width;
		return true;
	}
}

static bool is_trace_id(const char *text)
{
	size_t n = strspn(text, "0123456789abcdefABCDEF");
	return n > 0 && n <= 32 && !text[n];
}

/* @return -1 to continue, else the exit status */
static int read_command_line(struct show *show, int argc, char **argv)
{
	static const struct option options[] = {{"url", required_argument, NULL, OPT_URL},
		{"service", required_argument, NULL, OPT_SERVICE},
		{"spans", required_argument, NULL, OPT_SPANS},
		{"wait", required_argument, NULL, OPT_WAIT}, {"json", no_argument, NULL, OPT_JSON},
		{"ascii", no_argument, NULL, OPT_ASCII},
		{"color", required_argument, NULL, OPT_COLOR},
		{"width", required_argument, NULL, OPT_WIDTH},
		{"help", no_argument, NULL, OPT_HELP}, {0}};
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == '?' || option == ':') {
			return complain(
				option == ':' ? "missing value of option" : "unknown option",
				argv[optind - 1]);
		}
		if (option == OPT_HELP) {
			fputs(help, stdout);
			return EXIT_SUCCESS;
		}
		if (!read_option(show, option, optarg))
			return complain("invalid value", optarg);
	}
	if (optind < argc && strcmp(argv[optind], "latest") != 0) {
		show->trace_id = argv[optind];
		if (!is_trace_id(show->trace_id))
			return complain("neither \"latest\" nor a trace id in hex", show->trace_id);
	}
	return optind + 1 < argc ? complain("only one trace can be shown", argv[optind + 1]) : -1;
}

/* --- getting the trace -------------------------------------------------------------------- */

/* Selects the trace: the one with the given id, or the latest among those with enough spans, else
 * among all. NULL when there is none. */
static struct trace *choose(const struct show *show, const struct store *store)
{
	struct trace *best = NULL;
	bool best_is_enough = false;
	for (struct trace *trace = store_newest(store); trace; trace = trace->older) {
		bool enough = trace->n_spans >= show->n_spans;
		if (!best || enough > best_is_enough ||
			(enough == best_is_enough && trace->start_ns > best->start_ns)) {
			best = trace;
			best_is_enough = enough;
		}
	}
	return best;
}

struct attempt {
	struct store *store;
	struct trace *trace; /* in store; NULL: not found */
	char why[FETCH_WHY_BYTES];
};

/* Queries the backend once. */
static bool try_once(const struct show *show, struct fetcher *fetcher, struct attempt *attempt)
{
	struct store_options limits = {.max_bytes = 2 * FETCH_BODY_MAX_BYTES};
	store_free(attempt->store);
	attempt->store = NULL;
	attempt->trace = NULL;
	snprintf(attempt->why, sizeof(attempt->why), "out of memory");
	if (store_new(&limits, &attempt->store))
		return false;
	snprintf(attempt->why, sizeof(attempt->why), "%s has no %s", fetcher_shown(fetcher),
		show->trace_id ? "such trace" : "matching trace yet");
	int err = show->trace_id
			  ? fetch_trace(fetcher, show->trace_id, attempt->store, attempt->why)
			  : fetch_recent(fetcher, show->service, attempt->store, attempt->why);
	if (err)
		return false;
	attempt->trace = choose(show, attempt->store);
	if (attempt->trace && attempt->trace->n_spans < show->n_spans) {
		snprintf(attempt->why, sizeof(attempt->why),
			"the trace has %zu of the %llu expected spans", attempt->trace->n_spans,
			(unsigned long long)show->n_spans);
	}
	return attempt->trace && attempt->trace->n_spans >= show->n_spans;
}

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Queries the backend until it has the trace or the time is up. */
static bool try_until(const struct show *show, struct fetcher *fetcher, struct attempt *attempt)
{
	const struct timespec interval = {.tv_nsec = POLL_INTERVAL_MS * 1000000L};
	double end_s = now_s() + show->wait_s;
	while (!try_once(show, fetcher, attempt)) {
		if (now_s() >= end_s)
			return false;
		nanosleep(&interval, NULL);
	}
	return true;
}

/* --- printing it -------------------------------------------------------------------------- */

static bool print_trace(const struct show *show, struct fetcher *fetcher, struct attempt *attempt,
	struct buffer *out)
{
	char id[33];
	if (show->json) {
		hex_print(attempt->trace->id, 16, id);
		if (fetch_raw(fetcher, id, out, attempt->why))
			return false;
		if (out->len && out->data[out->len - 1] != '\n')
			buffer_puts(out, "\n");
	} else if (waterfall_print(out, attempt->trace, &show->waterfall)) {
		out->failed = true;
	}
	if (out->failed) {
		snprintf(attempt->why, sizeof(attempt->why), "the trace is too large to print");
		return false;
	}
	if (fwrite(out->data, 1, out->len, stdout) != out->len || fflush(stdout)) {
		snprintf(attempt->why, sizeof(attempt->why), "cannot write: %s", strerror(errno));
		return false;
	}
	return true;
}

static int run(const struct show *show, struct fetcher *fetcher)
{
	struct attempt attempt = {.store = NULL};
	struct buffer out;
	buffer_init(&out, OUTPUT_MAX_BYTES);
	bool found = try_until(show, fetcher, &attempt);
	/* Shows an incomplete trace as well: it may tell what is missing. */
	bool printed = !attempt.trace || (print_trace(show, fetcher, &attempt, &out) && found);
	if (!found || !printed)
		fprintf(stderr, "traceview show: %s\n", attempt.why);
	buffer_done(&out);
	store_free(attempt.store);
	return found && printed ? EXIT_SUCCESS : EXIT_FAILURE;
}

int show_main(int argc, char **argv)
{
	char url[48];
	struct show show = {.url = url};
	struct fetcher *fetcher;
	const char *port = getenv("TRACEVIEW_UI_PORT");
	snprintf(url, sizeof(url), "http://localhost:%.5s", port && *port ? port : "16686");
	setlocale(LC_CTYPE, "");
	show.waterfall.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	choose_width(&show.waterfall);
	choose_color("auto", &show.waterfall);
	int status = read_command_line(&show, argc, argv);
	if (status >= 0)
		return status;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (fetcher_new(show.url, &fetcher)) {
		fprintf(stderr, "traceview show: out of memory\n");
		return EXIT_FAILURE;
	}
	status = run(&show, fetcher);
	fetcher_free(fetcher);
	curl_global_cleanup();
	return status;
}
