/* SPDX-License-Identifier: Apache-2.0 */
/* show.c - `traceview show`. */
#include "show/show.h"

#include "base/hex.h"
#include "show/attempt.h"
#include "show/request.h"
#include "show/waterfall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define OUTPUT_MAX_BYTES ((size_t)64 * 1024 * 1024)

static const char help[] =
	"Usage: traceview show [TRACE|latest] [OPTIONS]\n"
	"\n"
	"Prints a trace as a waterfall, from traceview or from Jaeger 2.13 to 2.21.  TRACE is its\n"
	"id, a traceparent, or a URL of the page or of the API that names it.\n"
	"\n"
	"  --attributes       below each span: its attributes and links\n"
	"  --events           below each span: its events\n"
	"  --spans N          wait for (or, with latest, look for) a trace of at least N spans\n"
	"  --wait SECONDS     how long to wait until the trace is there (default 0)\n"
	"  --request URL      get that URL of a traced service first, and print the trace that "
	"its\n"
	"                     answer names; for --wait again while it is not there or answers 5xx\n"
	"  --json             print the trace in Jaeger's JSON instead\n" COMMAND_HELP "\n"
	"Exit status: 0; 1 when the trace is not there; 2 when this command line is wrong.\n";

struct show {
	struct view view;
	uint64_t n_spans;
	const char *request_url; /* NULL: no request */
	bool json, attributes, events;
};

/* --- the command line --------------------------------------------------------------------- */

static bool read_attributes(void *user, const char *value)
{
	return ((struct show *)user)->attributes = true;
}

static bool read_events(void *user, const char *value)
{
	return ((struct show *)user)->events = true;
}

static bool read_spans(void *user, const char *value)
{
	return command_read_count(value, &((struct show *)user)->n_spans);
}

static bool read_wait(void *user, const char *value)
{
	return command_read_seconds(value, &((struct show *)user)->view.wait_s);
}

static bool read_request(void *user, const char *value)
{
	((struct show *)user)->request_url = value;
	return *value != '\0';
}

static bool read_json(void *user, const char *value)
{
	return ((struct show *)user)->json = true;
}

static const struct command_option options[] = {{"attributes", false, read_attributes},
	{"events", false, read_events}, {"spans", true, read_spans}, {"wait", true, read_wait},
	{"request", true, read_request}, {"json", false, read_json}, {NULL}};

/* --- printing ----------------------------------------------------------------------------- */

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
	} else if (waterfall_print(out, attempt->trace, &show->view.look)) {
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

static int run(struct show *show, struct fetcher *fetcher)
{
	struct attempt attempt = {.store = NULL};
	struct wanted wanted = {.n_spans = show->n_spans};
	struct buffer out;
	buffer_init(&out, OUTPUT_MAX_BYTES);
	bool found = !show->request_url || request_send(show->request_url, show->view.wait_s,
						   &show->view.target, attempt.why) == 0;
	if (found)
		found = attempt_until(&attempt, fetcher, &show->view, &wanted);
	/* Shows an incomplete trace as well: it may tell what is missing. */
	bool printed = !attempt.trace || (print_trace(show, fetcher, &attempt, &out) && found);
	if (!found || !printed)
		fprintf(stderr, "traceview show: %s\n", attempt.why);
	buffer_done(&out);
	attempt_done(&attempt);
	return found && printed ? EXIT_SUCCESS : EXIT_FAILURE;
}

int show_main(int argc, char **argv)
{
	struct show show = {.n_spans = 0};
	struct fetcher *fetcher;
	const char *trace = NULL;
	const struct command command = {"show", help, options, &show, &trace, 0, 1};
	int status = command_read(&command, argc, argv, &show.view);
	if (status >= 0)
		return status;
	if (show.request_url && trace)
		return command_complain(&command, "--request names the trace, not", trace);
	if (!target_parse(&show.view.target, trace ? trace : "latest"))
		return command_complain(
			&command, "neither \"latest\" nor a trace's id, traceparent or URL", trace);
	show.view.look.attributes = show.attributes;
	show.view.look.events = show.events;
	if (fetcher_new(show.view.target.url, &fetcher)) {
		fprintf(stderr, "traceview show: out of memory\n");
		return EXIT_FAILURE;
	}
	status = run(&show, fetcher);
	fetcher_free(fetcher);
	return status;
}
