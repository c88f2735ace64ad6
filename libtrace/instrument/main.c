/* SPDX-License-Identifier: Apache-2.0 */
/* libtrace-instrument - runs a program with the agent preloaded. It becomes the program by exec, so
 * that signals, exit code and process id are the program's own; the first process of a container stays
 * beside it (init.h). */
#include "doctor.h"
#include "doctor_process.h"
#include "init.h"
#include "options.h"
#include "preload.h"
#include "program.h"
#include "relay.h"
#include <errno.h>
#include <libtrace/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_LAUNCHER = 125, EXIT_NOT_RUN = 126, EXIT_NOT_FOUND = 127 }; /* as env(1) has them */

/* Reports why a program cannot be traced; it runs nevertheless. False: with the agent preloaded it
 * would not start, or its dynamic linker would print an error. */
static bool can_preload(const char *name)
{
	static struct program program;
	char culprit[PATH_MAX];

	if (program_read(name, &program, culprit)) /* exec reports the error */
		return true;
	const char *reason = program_reason(program.reach);
	/* A shell runs what is neither ELF nor has a #! line. */
	if (!reason || program.reach == REACH_NO_ELF || program.reach == REACH_UNREADABLE)
		return true;
	fprintf(stderr, "libtrace-instrument: %s runs without being traced: %s\n", name, reason);
	/* Children of the others may be traced. */
	return program.reach != REACH_NO_ARCHITECTURE;
}

static int run(char **program)
{
	char agent[PATH_MAX];

	int err = preload_find_agent(agent);
	if (err) {
		fprintf(stderr, "libtrace-instrument: %s\n", preload_explain(err));
		return EXIT_LAUNCHER;
	}
	if (can_preload(program[0])) {
		bool has_init = getpid() == 1 && relay_is_needed() && init_stay() == 0;
		relay_start(has_init);
		if (preload_add(agent)) {
			fprintf(stderr, "libtrace-instrument: out of memory\n");
			return EXIT_LAUNCHER;
		}
	}
	execvp(program[0], program);
	err = errno;
	fprintf(stderr, "libtrace-instrument: %s: %s\n", program[0], strerror(err));
	return err == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN;
}

int main(int argc, char **argv)
{
	struct options options;

	if (options_read(argv, &options))
		return EXIT_LAUNCHER;
	if (options.help) {
		options_help();
		return EXIT_SUCCESS;
	}
	if (options.version) {
		printf("libtrace-instrument %s\n", LT_VERSION);
		return EXIT_SUCCESS;
	}
	if (options.pid)
		return doctor_process(options.pid);
	if (!options.program[0]) {
		fprintf(stderr, "libtrace-instrument: which program? (try --help)\n");
		return EXIT_LAUNCHER;
	}
	return options.doctor ? doctor(options.program[0]) : run(options.program);
}
