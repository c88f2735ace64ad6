/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the program shop-load: the shop's customers. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

#define EXIT_USAGE 2
#define DEFAULT_S 10 /* of requests */

static void print_help(void)
{
	printf("usage: shop-load [OPTION ...] URL ...\n"
	       "\n"
	       "Sends requests at a rate, whether those before are answered or not, and says in "
	       "the\n"
	       "end how they were answered.  Under libtrace-instrument each is a trace: a span "
	       "\"visit\"\n"
	       "with its session's id and user_agent.synthetic.type=test, and what it causes.  The "
	       "id\n"
	       "is sent on as baggage.  Several URLs take turns, up to %d, and so do the sessions: "
	       "as\n"
	       "many of them as URLs, and each has its own.\n"
	       "\n"
	       "  --rate N         requests a second (default 5)\n"
	       "  --burst N        so many of them at once, at the same rate (default 1: "
	       "steadily)\n"
	       "  --requests N     how many in all (default: for 10 s), 1 to %d\n"
	       "  --sessions N     customers, who take turns (default 10), 1 to %d\n"
	       "  --timeout-ms MS  of a request (default 10000)\n"
	       "  --method METHOD  (default GET)\n"
	       "  --help, --version\n"
	       "\n"
	       "Exit status: 0 each request was answered, 1 one was not, 2 for a usage error.\n",
		LOAD_URLS_MAX, LOAD_REQUESTS_MAX, LOAD_SESSIONS_MAX);
}

__attribute__((format(printf, 1, 2))) static int complain(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	fputs("shop-load: ", stderr);
	vfprintf(stderr, format, values);
	fputs("; see --help\n", stderr);
	va_end(values);
	return EXIT_USAGE;
}

static bool read_count(const char *text, unsigned long max, unsigned long *ret_n)
{
	char *end;

	errno = 0;
	*ret_n = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *ret_n >= 1 && *ret_n <= max;
}

static bool read_rate(const char *text, double *ret_rate)
{
	char *end;

	*ret_rate = strtod(text, &end);
	return *text && !*end && isfinite(*ret_rate) && *ret_rate >= 0.001 && *ret_rate <= 100000;
}

static bool is_http(const char *url)
{
	CURLU *parsed = curl_url();
	char *scheme = NULL;
	bool is = parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
		  curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		  (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);

	curl_free(scheme);
	curl_url_cleanup(parsed);
	return is;
}

/* @return -1 to go on, else the exit status */
static int read_arguments(int argc, char **argv, struct load_options *options)
{
	enum { RATE = 1, BURST, REQUESTS, SESSIONS, TIMEOUT, METHOD, HELP, VERSION };
	static const struct option long_options[] = {
		{"rate", required_argument, NULL, RATE},
		{"burst", required_argument, NULL, BURST},
		{"requests", required_argument, NULL, REQUESTS},
		{"sessions", required_argument, NULL, SESSIONS},
		{"timeout-ms", required_argument, NULL, TIMEOUT},
		{"method", required_argument, NULL, METHOD},
		{"help", no_argument, NULL, HELP},
		{"version", no_argument, NULL, VERSION},
		{0},
	};
	int option;
	bool is_valid = true;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		switch (option) {
		case RATE:
			is_valid = read_rate(optarg, &options->rate_per_s);
			break;
		case BURST:
			is_valid = read_count(optarg, LOAD_REQUESTS_MAX, &options->burst);
			break;
		case REQUESTS:
			is_valid = read_count(optarg, LOAD_REQUESTS_MAX, &options->n_requests);
			break;
		case SESSIONS:
			is_valid = read_count(optarg, LOAD_SESSIONS_MAX, &options->n_sessions);
			break;
		case TIMEOUT:
			is_valid = read_count(optarg, 3600000, &options->timeout_ms);
			break;
		case METHOD:
			options->method = optarg;
			break;
		case HELP:
			print_help();
			return EXIT_SUCCESS;
		case VERSION:
			printf("shop-load %s\n", SERVICES_VERSION);
			return EXIT_SUCCESS;
		case ':':
			return complain("%s needs a value", argv[optind - 1]);
		default:
			return complain("unknown option %s", argv[optind - 1]);
		}
		if (!is_valid)
			return complain("%s cannot be %s", argv[optind - 2], optarg);
	}
	options->urls = argv + optind;
	options->n_urls = (unsigned long)(argc - optind);
	if (options->n_urls < 1)
		return complain("no URL");
	if (options->n_urls > LOAD_URLS_MAX)
		return complain("more than %d URLs", LOAD_URLS_MAX);
	for (unsigned long i = 0; i < options->n_urls; i++) {
		if (!is_http(options->urls[i]))
			return complain("%s is no http or https URL", options->urls[i]);
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct load_options options = {
		.method = "GET",
		.rate_per_s = 5,
		.burst = 1,
		.n_sessions = 10,
		.timeout_ms = 10000,
		.shows_progress = isatty(STDERR_FILENO),
	};
	int status = read_arguments(argc, argv, &options);

	if (status >= 0)
		return status;
	if (options.n_requests == 0)
		options.n_requests = (unsigned long)fmax(
			1, fmin(options.rate_per_s * DEFAULT_S, LOAD_REQUESTS_MAX));
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return EXIT_FAILURE;

	struct summary summary;
	int err = load_run(&options, &summary);
	if (err)
		fprintf(stderr, "shop-load: %s\n", strerror(-err));
	summary_print(&summary, stdout);
	bool all_answered = !err && summary.n_failed == 0;
	summary_done(&summary);
	curl_global_cleanup();
	return all_answered ? EXIT_SUCCESS : EXIT_FAILURE;
}
