/* SPDX-License-Identifier: Apache-2.0 */
/* list.c - `traceview list` and `traceview tail`. */
#include "show/list.h"

#include "base/hex.h"
#include "query/params.h"
#include "show/command.h"
#include "show/fetch.h"
#include "show/trace_line.h"
#include "store/search.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define OUTPUT_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define LIMIT_DEFAULT 20
#define LIMIT_MAX 1500
#define TAIL_INTERVAL_MS 500
#define TAIL_WINDOW_S 60 /* a trace that began earlier and grows is not printed again */
#define TAIL_TRACES 200	 /* of each service in the window */
#define TAGS_MAX 16

#define WANTED_HELP                                                                                \
	"  --errors           only traces with errors\n"                                           \
	"  --operation NAME   only traces with a span of that name\n"                              \
	"  --tag KEY=VALUE    likewise with that attribute; may be repeated\n"                     \
	"  --min-duration T   likewise that took at least so long: 1.5s, 300ms\n"                  \
	"  --max-duration T   likewise at most so long; one span meets all of these\n"

static const char list_help[] =
	"Usage: traceview list [OPTIONS]\n"
	"\n"
	"Prints the newest traces of traceview or Jaeger, a line each.\n"
	"\n"
	"  --limit N          how many (default 20, at most 1500)\n" WANTED_HELP COMMAND_HELP "\n"
	"Those that are wanted are looked for among the newest 1500.\n"
	"Exit status: 0, also without any; 1 when the backend fails; 2 when this command line is "
	"wrong.\n";

static const char tail_help[] =
	"Usage: traceview tail [OPTIONS]\n"
	"\n"
	"Prints each new trace of traceview or Jaeger as it comes, a line "
	"each, until it is stopped.\n"
	"\n"
	"  --limit N          end after N of them\n" WANTED_HELP COMMAND_HELP "\n"
	"Exit status: 0 after N traces; 1 when the backend fails; 2 when "
	"this command line is wrong.\n";

struct list {
	struct view view;
	uint64_t limit;
	bool only_errors;
	struct search search;		  /* only traces that it finds */
	struct search_tag tags[TAGS_MAX]; /* search's */
};

static bool read_limit(void *user, const char *value)
{
	struct list *list = user;
	return command_read_count(value, &list->limit) && list->limit && list->limit <= LIMIT_MAX;
}

static bool read_errors(void *user, const char *value)
{
	return ((struct list *)user)->only_errors = true;
}

static bool read_operation(void *user, const char *value)
{
	struct list *list = user;
	list->search.operation = lt_slice(value);
	return *value != '\0';
}

static bool read_tag(void *user, const char *value)
{
	struct list *list = user;
	const char *equals = strchr(value, '=');
	if (!equals || equals == value || list->search.n_tags == TAGS_MAX)
		return false;
	list->tags[list->search.n_tags++] =
		(struct search_tag){{value, (size_t)(equals - value)}, lt_slice(equals + 1)};
	return true;
}

static bool read_time(const char *value, uint64_t *ret_ns)
{
	int64_t ns;
	if (!parse_duration(value, &ns) || ns < 0)
		return false;
	*ret_ns = (uint64_t)ns;
	return true;
}

static bool read_min_duration(void *user, const char *value)
{
	struct list *list = user;
	return read_time(value, &list->search.duration_min_ns);
}

static bool read_max_duration(void *user, const char *value)
{
	struct list *list = user;
	return read_time(value, &list->search.duration_max_ns);
}

static const struct command_option options[] = {{"limit", true, read_limit},
	{"errors", false, read_errors}, {"operation", true, read_operation},
	{"tag", true, read_tag}, {"min-duration", true, read_min_duration},
	{"max-duration", true, read_max_duration}, {NULL}};

/* Prints and empties a buffer. */
static bool flush_text(struct buffer *text)
{
	bool ok = !text->len || fwrite(text->data, 1, text->len, stdout) == text->len;
	text->len = 0;
	return fflush(stdout) == 0 && ok;
}

static int complain(const char *command, const char *why)
{
	fprintf(stderr, "traceview %s: %s\n", command, why);
	return EXIT_FAILURE;
}

/* --- the newest --------------------------------------------------------------------------- */

/* The store's traces, sorted; NULL: out of memory. */
static struct trace **sorted(const struct store *store, size_t *ret_n)
{
	struct trace **traces = calloc(store_stats(store).n_traces + 1, sizeof(struct trace *));
	*ret_n = 0;
	for (struct trace *trace = store_newest(store); traces && trace; trace = trace->older)
		traces[(*ret_n)++] = trace;
	if (traces)
		qsort(traces, *ret_n, sizeof(struct trace *), trace_latest_first);
	return traces;
}

static bool is_wanted(const struct list *list, const struct trace *trace)
{
	return (!list->only_errors || trace->n_errors) && search_finds(&list->search, trace);
}

/* Whether is_wanted() is true for each trace of the service. */
static bool wants_all(const struct list *list)
{
	const struct search *search = &list->search;
	return !list->only_errors && !search->operation.len && !search->n_tags &&
	       !search->duration_min_ns && search->duration_max_ns == UINT64_MAX;
}

static int print_list(const struct list *list, const struct store *store)
{
	size_t n, printed = 0;
	struct buffer text;
	struct trace **traces = sorted(store, &n);
	buffer_init(&text, OUTPUT_MAX_BYTES);
	if (n)
		trace_line_print_header(&text, &list->view.look);
	for (size_t i = 0; i < n && printed < list->limit; i++) {
		if (is_wanted(list, traces[i])) {
			trace_line_print(&text, traces[i], &list->view.look);
			printed++;
		}
	}
	bool ok = traces && !text.failed && flush_text(&text);
	buffer_done(&text);
	free(traces);
	return ok ? EXIT_SUCCESS : complain("list", "cannot write, or out of memory");
}

static int run_list(const struct list *list, struct fetcher *fetcher, struct store *store)
{
	char why[FETCH_WHY_BYTES];
	/* Those that are wanted may be far between. */
	uint64_t n_looked_at = wants_all(list) ? list->limit : LIMIT_MAX;
	struct fetch_filter filter = {list->view.service, (unsigned)n_looked_at, 0};
	int err = fetch_recent(fetcher, &filter, store, why);
	if (err && err != -ENOENT)
		return complain("list", why);
	return print_list(list, store);
}

/* --- the new ones ------------------------------------------------------------------------- */

/* A trace is printed once it has not grown between two queries. */
struct tail {
	const struct list *list;
	struct buffer text;
	json_t *seen; /* ids in the window: the last number of spans, or -1: printed */
	uint64_t n_told;
};

static void look_at(struct tail *tail, const struct trace *trace, json_t *now)
{
	char id[33];
	hex_print(trace->id, 16, id);
	json_t *before = json_object_get(tail->seen, id);
	json_int_t n_before = json_integer_value(before), n = (json_int_t)trace->n_spans;
	bool is_due = before && n_before == n && tail->n_told < tail->list->limit;
	if (is_due && is_wanted(tail->list, trace)) {
		trace_line_print(&tail->text, trace, &tail->list->view.look);
		tail->n_told++;
	}
	json_object_set_new(now, id, json_integer(is_due || n_before < 0 ? -1 : n));
}

/* Queries once. first: traces found now are not new. */
static int look(struct tail *tail, struct fetcher *fetcher, bool first)
{
	char why[FETCH_WHY_BYTES] = "out of memory";
	struct store_options limits = {.max_bytes = 2 * FETCH_BODY_MAX_BYTES};
	struct store *store = NULL;
	struct fetch_filter filter = {
		tail->list->view.service, TAIL_TRACES, time(NULL) - TAIL_WINDOW_S};
	json_t *now = json_object();
	size_t n = 0;
	int err = now ? store_new(&limits, &store) : -ENOMEM;
	if (!err)
		err = fetch_recent(fetcher, &filter, store, why);
	struct trace **traces = err ? NULL : sorted(store, &n);
	for (size_t i = n; i-- > 0;) { /* the earliest first */
		char id[33];
		if (first)
			json_object_set_new(
				now, hex_print(traces[i]->id, 16, id), json_integer(-1));
		else
			look_at(tail, traces[i], now);
	}
	free(traces);
	store_free(store);
	json_decref(tail->seen);
	tail->seen = now;
	if (err && err != -ENOENT)
		return complain("tail", why);
	return flush_text(&tail->text) ? EXIT_SUCCESS : complain("tail", "cannot write");
}

static int run_tail(const struct list *list, struct fetcher *fetcher)
{
	const struct timespec interval = {.tv_nsec = TAIL_INTERVAL_MS * 1000000L};
	struct tail tail = {.list = list};
	buffer_init(&tail.text, OUTPUT_MAX_BYTES);
	trace_line_print_header(&tail.text, &list->view.look);
	int status = look(&tail, fetcher, true);
	while (!status && tail.n_told < list->limit) {
		nanosleep(&interval, NULL);
		status = look(&tail, fetcher, false);
	}
	json_decref(tail.seen);
	buffer_done(&tail.text);
	return status;
}

/* --- the commands ------------------------------------------------------------------------- */

/* @return -1 to continue, else the exit status */
static int begin(struct list *list, const char *name, const char *help, int argc, char **argv,
	struct fetcher **ret_fetcher)
{
	const struct command command = {name, help, options, list, NULL, 0, 0};
	list->search = SEARCH_ALL(0);
	list->search.tags = list->tags;
	int status = command_read(&command, argc, argv, &list->view);
	if (list->view.service)
		list->search.service = lt_slice(list->view.service);
	if (status < 0 && fetcher_new(list->view.target.url, ret_fetcher))
		status = complain(name, "out of memory");
	return status;
}

int list_main(int argc, char **argv)
{
	struct list list = {.limit = LIMIT_DEFAULT};
	struct store_options limits = {.max_bytes = 2 * FETCH_BODY_MAX_BYTES};
	struct fetcher *fetcher;
	struct store *store;
	int status = begin(&list, "list", list_help, argc, argv, &fetcher);
	if (status >= 0)
		return status;
	status = EXIT_FAILURE;
	if (store_new(&limits, &store) == 0) {
		status = run_list(&list, fetcher, store);
		store_free(store);
	}
	fetcher_free(fetcher);
	return status;
}

int tail_main(int argc, char **argv)
{
	struct list list = {.limit = UINT64_MAX};
	struct fetcher *fetcher;
	int status = begin(&list, "tail", tail_help, argc, argv, &fetcher);
	if (status >= 0)
		return status;
	status = run_tail(&list, fetcher);
	fetcher_free(fetcher);
	return status;
}
