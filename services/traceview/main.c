/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - traceview's command line. */
#include "serve/archive.h"
#include "serve/server.h"
#include "service_config.h"
#include "show/check.h"
#include "show/list.h"
#include "show/show.h"

#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define EXIT_USAGE 2

#if TRACEVIEW_HAS_GRPC
#define GRPC_NOTE ""
#else
#define GRPC_NOTE " (this build has none)"
#endif

static const char help_head[] =
	"traceview - takes traces by OTLP, keeps the newest, shows them\n"
	"\n"
	"Usage:\n"
	"  traceview [serve] [--otlp-port PORT] [--grpc-port PORT] [--ui-port PORT] [--host "
	"ADDRESS]\n"
	"                    [--load FILE] [--save FILE] [--base-path PATH] [--gateway URL]\n"
	"                    [--faults]\n"
	"  traceview show [TRACE|latest] [OPTIONS]      a trace as a waterfall\n"
	"  traceview list [OPTIONS]                     the newest traces, a line each\n"
	"  traceview tail [OPTIONS]                     new traces as they come\n"
	"  traceview check FILE [OPTIONS]               whether a trace is as FILE expects\n"
	"  traceview COMMAND --help\n"
	"  traceview --help | --version\n"
	"\n"
	"Programs send to http://localhost:4318/v1/traces (protobuf or JSON, plain, gzip or zstd)\n"
	"or by gRPC to localhost:4317; the page and Jaeger's query API are at\n"
	"http://localhost:16686.\n"
	"\n"
	"Settings, by environment variable, with the values they have when unset:\n";

static const char help_tail[] =
	"\n--faults: GET /faults of the query port lists what can be made to go wrong, for labs.\n"
	"SIGTERM or SIGINT: stop accepting, finish the requests, exit.  Traces are kept in\n"
	"memory, and with --save written to a file at the end (OTLP JSON, a trace per line; gzip\n"
	"if it is called *.gz); beyond a limit, the least recently changed ones are evicted.\n"
	"--save FILE --load FILE, twice the same, keeps the traces over restarts.\n";

static int complain(const char *what, const char *argument)
{
	fprintf(stderr, "traceview: %s: %s; see --help\n", what, argument);
	return EXIT_USAGE;
}

/* Each option that has a value sets an environment variable. */
static int read_options(int argc, char **argv, bool *ret_has_faults)
{
	enum { OTLP_PORT, GRPC_PORT, UI_PORT, HOST, LOAD, SAVE, BASE_PATH, GATEWAY, FAULTS };
	static const char *const variables[] = {
		[OTLP_PORT] = "TRACEVIEW_OTLP_PORT",
		[GRPC_PORT] = "TRACEVIEW_GRPC_PORT",
		[UI_PORT] = "TRACEVIEW_UI_PORT",
		[HOST] = "HOST",
		[LOAD] = "TRACEVIEW_LOAD",
		[SAVE] = "TRACEVIEW_SAVE",
		[BASE_PATH] = "TRACEVIEW_BASE_PATH",
		[GATEWAY] = "TRACEVIEW_GATEWAY",
	};
	static const struct option options[] = {
		{"otlp-port", required_argument, NULL, OTLP_PORT},
		{"grpc-port", required_argument, NULL, GRPC_PORT},
		{"ui-port", required_argument, NULL, UI_PORT},
		{"host", required_argument, NULL, HOST},
		{"load", required_argument, NULL, LOAD},
		{"save", required_argument, NULL, SAVE},
		{"base-path", required_argument, NULL, BASE_PATH},
		{"gateway", required_argument, NULL, GATEWAY},
		{"faults", no_argument, NULL, FAULTS},
		{0},
	};
	int option;
	*ret_has_faults = false;
	optind = 0; /* GNU getopt: restarts the scan */
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == '?' || option == ':') {
			return complain(
				option == ':' ? "missing value of option" : "unknown option",
				argv[optind - 1]);
		}
		if (option == FAULTS)
			*ret_has_faults = true;
		else
			setenv(variables[option], optarg, 1);
	}
	return optind < argc ? complain("not a command", argv[optind]) : 0;
}

static int open_store(const struct store_options *limits, struct store **ret_store)
{
	int err = store_new(limits, ret_store);
	if (err == -EINVAL) {
		return config_complain("TRACEVIEW_MAX_TRACES",
			"%zu traces need TRACEVIEW_MAX_BYTES=%zu at least, not %zu",
			limits->max_traces, store_bytes_needed(limits->max_traces),
			limits->max_bytes);
	}
	if (err) {
		fprintf(stderr, "traceview: no memory for TRACEVIEW_MAX_TRACES\n");
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

/* To be followed by site_done() in either case. */
static int open_site(struct site *site, const char *base_path, const char *gateway)
{
	if (site_init(site)) {
		fprintf(stderr, "traceview: out of memory\n");
		return EXIT_FAILURE;
	}
	if (!site_set_base(site, base_path)) {
		return config_complain("TRACEVIEW_BASE_PATH",
			"must be a path such as /traces, of letters, digits and -._~, not "
			"\"%.80s\"",
			base_path);
	}
	if (!site_set_gateway(site, gateway)) {
		return config_complain("TRACEVIEW_GATEWAY",
			"must be a URL such as http://localhost:8000, not \"%.80s\"", gateway);
	}
	return EXIT_SUCCESS;
}

/* With the traces of a file before, and into a file afterwards, where that is wanted. */
static int serve_archived(const struct server_options *options, const char *load, const char *save)
{
	int status = *save ? archive_check(save) : EXIT_SUCCESS;
	if (!status && *load)
		status = archive_load(options->store, load, strcmp(load, save) == 0);
	if (!status)
		status = server_run(options);
	if (!status && *save)
		status = archive_save(options->store, save);
	return status;
}

static int serve(int argc, char **argv, bool only_help)
{
	struct server_options options;
	struct site site;
	const char *load, *save, *base_path, *gateway, *hosts;
	unsigned max_traces, max_bytes;
	bool has_faults;
	const struct config_setting settings[] = {
		{CONFIG_TEXT, "HOST", "address to listen on", .ret_text = &options.host,
			.text = "127.0.0.1"},
		{CONFIG_NUMBER, "TRACEVIEW_OTLP_PORT", "OTLP/HTTP; 0: any free port",
			.ret_number = &options.otlp_port, .number = 4318, .max = 65535},
		{CONFIG_NUMBER, "TRACEVIEW_GRPC_PORT", "OTLP/gRPC" GRPC_NOTE "; 0: any free port",
			.ret_number = &options.grpc_port, .number = 4317, .max = 65535},
		{CONFIG_NUMBER, "TRACEVIEW_UI_PORT", "page and query API; 0: any free port",
			.ret_number = &options.ui_port, .number = 16686, .max = 65535},
		{CONFIG_NUMBER, "TRACEVIEW_MAX_TRACES", "most traces that are kept",
			.ret_number = &max_traces, .number = STORE_MAX_TRACES_DEFAULT, .min = 1,
			.max = 10000000},
		{CONFIG_NUMBER, "TRACEVIEW_MAX_BYTES", "most memory that they take",
			.ret_number = &max_bytes, .number = STORE_MAX_BYTES_DEFAULT,
			.min = 1024 * 1024, .max = UINT32_MAX},
		{CONFIG_TEXT, "TRACEVIEW_LOAD", "file of traces to begin with", .ret_text = &load,
			.text = ""},
		{CONFIG_TEXT, "TRACEVIEW_SAVE", "file to leave the traces in", .ret_text = &save,
			.text = ""},
		{CONFIG_TEXT, "TRACEVIEW_BASE_PATH", "what paths of page and query API begin with",
			.ret_text = &base_path, .text = ""},
		{CONFIG_TEXT, "TRACEVIEW_GATEWAY", "the shop, for the page to make a trace in",
			.ret_text = &gateway, .text = ""},
		{CONFIG_TEXT, "TRACEVIEW_HOSTS", "names of the query port beside localhost; *: any",
			.ret_text = &hosts, .text = ""},
		{CONFIG_NUMBER, "TRACEVIEW_UPLOADS_MAX_BYTES",
			"bytes of all unfinished requests; beyond it the largest get 503",
			.ret_number = &options.uploads_max_bytes,
			.number = UPLOADS_MAX_BYTES_DEFAULT, .min = 65536, .max = UINT32_MAX},
		HTTP_LIMITS_REQUESTS("TRACEVIEW_", options.limits),
		HTTP_LIMITS_CONNECTIONS("TRACEVIEW_", options.limits),
		HTTP_LIMITS_LAG("TRACEVIEW_", options.limits, 5000),
		HTTP_LIMITS_ANSWER("TRACEVIEW_", options.limits),
		HTTP_LIMITS_BUFFER("TRACEVIEW_", options.limits),
		{CONFIG_END},
	};
	if (only_help) {
		fputs(help_head, stdout);
		config_print(settings);
		fputs(help_tail, stdout);
		return EXIT_SUCCESS;
	}
	int status = read_options(argc, argv, &has_faults);
	if (status)
		return status;
	status = config_read("traceview", settings);
	if (status >= 0)
		return status;
	status = open_site(&site, base_path, gateway);
	if (status) {
		site_done(&site);
		return status;
	}
	site_set_hosts(&site, hosts, options.host);
	site.has_faults = has_faults;
	options.site = &site;
	status = open_store(
		&(struct store_options){.max_traces = max_traces, .max_bytes = max_bytes},
		&options.store);
	if (!status) {
		status = serve_archived(&options, load, save);
		store_free(options.store);
	}
	site_done(&site);
	return status;
}

static int run_client(int (*run)(int argc, char **argv), int argc, char **argv)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
	int status = run(argc, argv);
	curl_global_cleanup();
	return status;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {{"show", show_main}, {"list", list_main}, {"tail", tail_main},
		{"check", check_main}};
	const char *command = argc > 1 ? argv[1] : "serve";
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(command, commands[i].name) == 0)
			return run_client(commands[i].run, argc - 1, argv + 1);
	}
	if (strcmp(command, "serve") == 0 && argc > 1) {
		argc--;
		argv++;
	}
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return serve(argc, argv, true);
		if (strcmp(argv[i], "--version") == 0) {
			printf("traceview %s\n", LT_VERSION);
			return EXIT_SUCCESS;
		}
	}
	return serve(argc, argv, false);
}
