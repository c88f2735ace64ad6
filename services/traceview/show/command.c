/* SPDX-License-Identifier: Apache-2.0 */
/* command.c - the command lines of show, list, tail and check. */
#include "show/command.h"

#include "query/params.h"

#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_DEFAULT 100 /* of an output that is not a terminal */
#define OPTIONS_MAX 16
#define WAIT_MAX_S 86400

int command_complain(const struct command *command, const char *what, const char *argument)
{
	fprintf(stderr, "traceview %s: %s: %s; see --help\n", command->name, what, argument);
	return COMMAND_EXIT_USAGE;
}

bool command_read_count(const char *value, uint64_t *ret_n)
{
	return parse_uint64(value, ret_n);
}

bool command_read_seconds(const char *value, double *ret_s)
{
	char *end;
	double seconds = strtod(value, &end);
	if (*value < '0' || *value > '9' || *end || !(seconds <= WAIT_MAX_S))
		return false;
	*ret_s = seconds;
	return true;
}

/* --- appearance of the output ------------------------------------------------------------- */

static bool read_width(const char *value, struct look *look)
{
	uint64_t width;
	if (!parse_uint64(value, &width) || width > LOOK_WIDTH_MAX)
		return false;
	look->width = (unsigned)width;
	return true;
}

static void choose_width(struct look *look)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	look->width = WIDTH_DEFAULT;
	if (columns && read_width(columns, look) && look->width)
		return;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		look->width = size.ws_col;
}

static bool choose_color(const char *when, struct look *look)
{
	const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */
	const char *term = getenv("TERM");
	bool is_auto = strcmp(when, "auto") == 0;
	bool wanted = isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
		      !(term && strcmp(term, "dumb") == 0);
	look->color = is_auto ? wanted : strcmp(when, "always") == 0;
	return is_auto || look->color || strcmp(when, "never") == 0;
}

static void begin(struct view *view)
{
	const char *port = getenv("TRACEVIEW_UI_PORT"), *base = getenv("TRACEVIEW_BASE_PATH");
	*view = (struct view){.service = NULL};
	snprintf(view->target.url, sizeof(view->target.url), "http://localhost:%.5s%.255s",
		port && *port ? port : "16686", base ? base : "");
	setlocale(LC_CTYPE, "");
	view->look.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	choose_width(&view->look);
	choose_color("auto", &view->look);
}

/* --- options ------------------------------------------------------------------------------ */

enum {
	COMMON_HELP,
	COMMON_URL,
	COMMON_SERVICE,
	COMMON_ASCII,
	COMMON_COLOR,
	COMMON_WIDTH,
	N_COMMON
};

static const struct option common[N_COMMON] = {
	[COMMON_HELP] = {"help", no_argument, NULL, COMMON_HELP},
	[COMMON_URL] = {"url", required_argument, NULL, COMMON_URL},
	[COMMON_SERVICE] = {"service", required_argument, NULL, COMMON_SERVICE},
	[COMMON_ASCII] = {"ascii", no_argument, NULL, COMMON_ASCII},
	[COMMON_COLOR] = {"color", required_argument, NULL, COMMON_COLOR},
	[COMMON_WIDTH] = {"width", required_argument, NULL, COMMON_WIDTH},
};

static bool read_common(struct view *view, int option, const char *value)
{
	switch (option) {
	case COMMON_URL:
		return target_set_url(&view->target, value);
	case COMMON_SERVICE:
		view->service = value;
		return true;
	case COMMON_ASCII:
		return view->look.ascii = true;
	case COMMON_COLOR:
		return choose_color(value, &view->look);
	default:
		return read_width(value, &view->look);
	}
}

/* @return whether it was read; else *ret_status is the exit status */
static bool read_option(
	const struct command *c, struct view *view, int option, char **argv, int *ret_status)
{
	if (option == '?' || option == ':')
		*ret_status = command_complain(c,
			option == ':' ? "option without a value" : "unknown option",
			argv[optind - 1]);
	else if (option == COMMON_HELP)
		*ret_status = fputs(c->help, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	else if (option < N_COMMON ? read_common(view, option, optarg)
				   : c->options[option - N_COMMON].read(c->user, optarg))
		return true;
	else
		*ret_status = command_complain(c, "not a value for this option", optarg);
	return false;
}

static int read_operands(const struct command *c, int argc, char **argv)
{
	unsigned n = (unsigned)(argc - optind);
	if (n > c->max_operands)
		return command_complain(c, "unexpected", argv[optind + (int)c->max_operands]);
	if (n < c->min_operands)
		return command_complain(c, "what is missing", "an operand");
	for (unsigned i = 0; i < n; i++)
		c->operands[i] = argv[optind + (int)i];
	return -1;
}

int command_read(const struct command *c, int argc, char **argv, struct view *view)
{
	struct option options[N_COMMON + OPTIONS_MAX + 1] = {{0}};
	int n = N_COMMON, option, status;
	memcpy(options, common, sizeof(common));
	for (const struct command_option *own = c->options; own->name; own++, n++)
		options[n] = (struct option){
			own->name, own->takes_value ? required_argument : no_argument, NULL, n};
	begin(view);
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (!read_option(c, view, option, argv, &status))
			return status;
	}
	return read_operands(c, argc, argv);
}
