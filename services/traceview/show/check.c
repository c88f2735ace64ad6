/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - `traceview check`. */
#include "show/check.h"

#include "show/attempt.h"
#include "show/expect.h"

#include <stdio.h>
#include <stdlib.h>

#define OUTPUT_MAX_BYTES ((size_t)16 * 1024 * 1024)

static const char help[] =
	"Usage: traceview check FILE [OPTIONS]\n"
	"\n"
	"Compares a trace of traceview or Jaeger with what FILE (- for standard input) expects: "
	"its\n"
	"spans, edges, attributes, durations and status.  Prints a line for each, in the Test\n"
	"Anything Protocol.  traceview(1) describes the file; for example\n"
	"  {\"spans\": [{\"name\": \"GET /checkout\", \"kind\": \"server\", \"status\": "
	"\"unset\",\n"
	"              \"attributes\": {\"http.response.status_code\": 200}}],\n"
	"   \"edges\": [[\"GET /checkout\", \"POST\"]], \"n_errors\": 0}\n"
	"\n"
	"  --trace TRACE      its id, a traceparent, or a URL that names it (default: the latest)\n"
	"  --wait SECONDS     how long to wait until all of it holds (default 0)\n" COMMAND_HELP
	"\n"
	"Exit status: 0 when all holds; 1 when it does not, or the trace is not there; 2 when FILE "
	"or\n"
	"this command line is wrong.\n";

struct check {
	struct view view;
	const char *trace;
	struct expect *expect;
	struct buffer out; /* of the last comparison */
};

static bool read_trace(void *user, const char *value)
{
	struct target target;
	((struct check *)user)->trace = value;
	return target_parse(&target, value);
}

static bool read_wait(void *user, const char *value)
{
	return command_read_seconds(value, &((struct check *)user)->view.wait_s);
}

static const struct command_option options[] = {
	{"trace", true, read_trace}, {"wait", true, read_wait}, {NULL}};

static bool accept(void *user, const struct trace *trace)
{
	struct check *check = user;
	buffer_done(&check->out);
	return expect_check(check->expect, trace, &check->out) == 0;
}

static int run(struct check *check, struct fetcher *fetcher)
{
	struct attempt attempt = {.store = NULL};
	struct wanted wanted = {.accept = accept, .user = check};
	bool holds = attempt_until(&attempt, fetcher, &check->view, &wanted);
	const struct buffer *out = &check->out;
	bool written = !out->len ||
		       (fwrite(out->data, 1, out->len, stdout) == out->len && fflush(stdout) == 0);
	if (!attempt.trace)
		fprintf(stderr, "traceview check: %s\n", attempt.why);
	if (!written || check->out.failed)
		fprintf(stderr, "traceview check: cannot write\n");
	attempt_done(&attempt);
	return holds && written && !check->out.failed ? EXIT_SUCCESS : EXIT_FAILURE;
}

int check_main(int argc, char **argv)
{
	struct check check = {.trace = "latest"};
	struct fetcher *fetcher;
	const char *file;
	char why[EXPECT_WHY_BYTES];
	const struct command command = {"check", help, options, &check, &file, 1, 1};
	int status = command_read(&command, argc, argv, &check.view);
	if (status >= 0)
		return status;
	target_parse(&check.view.target, check.trace);
	if (expect_load(file, &check.expect, why)) {
		fprintf(stderr, "traceview check: %s: %s\n", file, why);
		return COMMAND_EXIT_USAGE;
	}
	buffer_init(&check.out, OUTPUT_MAX_BYTES);
	status = EXIT_FAILURE;
	if (fetcher_new(check.view.target.url, &fetcher) == 0) {
		status = run(&check, fetcher);
		fetcher_free(fetcher);
	}
	buffer_done(&check.out);
	expect_free(check.expect);
	return status;
}
