/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor.h"
#include "delivery.h"
#include "gate/gate.h"
#include "hooks.h"
#include "libraries.h"
#include "preload.h"
#include "process/relay_address.h"
#include "program.h"
#include "relay.h"
#include "say.h"
#include "util/config.h"
#include "util/slice.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LIBRARIES_MAX 512 /* more are ignored */

enum prospect {
	NOT_TRACED,	   /* neither the program nor its children */
	CHILDREN_MAY_BE,   /* its children, not itself */
	MAY_BE_TRACED,	   /* by libraries or programs that it loads or starts later */
	TRACED_FROM_START, /* it starts with one of the libraries */
};

static const struct library *find(const struct library *libraries, int n, const char *start)
{
	for (int i = 0; i < n; i++) {
		if (lt_starts_with(libraries[i].name, start))
			return &libraries[i];
	}
	return NULL;
}

/* What it and its libraries can do later. The C library is not counted: it loads modules for names
 * and character sets only. */
static struct later look_ahead(
	const struct program *program, const struct library *libraries, int n)
{
	static const char *const not_asked[] = {"libc.", "ld-linux", "ld-musl", "libdl.so.",
		"libpthread.so.", "libtrace", "libasan.", "libubsan."};
	struct later later = program_later(program->path);

	for (int i = 0; i < n; i++) {
		bool ask = true;
		for (size_t j = 0; j < sizeof(not_asked) / sizeof(not_asked[0]); j++)
			ask = ask && !lt_starts_with(libraries[i].name, not_asked[j]);
		const struct later more =
			ask ? program_later(libraries[i].path) : (struct later){0};
		later.loads |= more.loads;
		later.starts |= more.starts;
	}
	return later;
}

/* OTEL_C_CHILDREN, as the gate reads it. */
static bool leaves_children_alone(void)
{
	static const char *const words[] = {"true", "false"};

	return lt_config_word("OTEL_C_CHILDREN", words, 2, 0) == 1;
}

static enum prospect examine_later(
	const struct program *program, const struct library *libraries, int n)
{
	struct later later = look_ahead(program, libraries, n);

	later.starts &= !leaves_children_alone();
	if (!later.loads && !later.starts)
		return NOT_TRACED;
	say("later", "it can %s%s%s: those that use any of these are traced:%s",
		later.loads ? "load libraries" : "", later.loads && later.starts ? " and " : "",
		later.starts ? "start programs" : "", hooks_libraries);
	return MAY_BE_TRACED;
}

static enum prospect examine(const struct program *program)
{
	static struct library libraries[LIBRARIES_MAX];
	char agent[PATH_MAX], complaint[256];

	int err = preload_find_agent(agent);
	if (err) {
		say("agent", "%s", preload_explain(err));
		return NOT_TRACED;
	}
	int n = libraries_list(program->dynamic_linker, program->path, agent, libraries,
		LIBRARIES_MAX, complaint, sizeof(complaint));
	if (n < 0 || !find(libraries, n, GATE_CORE_FILE)) {
		say("agent", "%s does not load into it: %s", agent,
			complaint[0] ? complaint
			: n < 0	     ? strerror(-n)
				     : "reason unknown");
		return NOT_TRACED;
	}
	say("agent", "%s loads into it", agent);
	return hooks_say(program, libraries, n, "not at its start: no")
		       ? TRACED_FROM_START
		       : examine_later(program, libraries, n);
}

static enum prospect explain(const struct program *program)
{
	const char *reason = program_reason(program->reach);

	if (!reason)
		return examine(program);
	if (program->reach == REACH_UNREADABLE) {
		say("agent", "cannot be tried: %s", reason);
		return MAY_BE_TRACED;
	}
	say("agent", "does not get in: %s", reason);
	/* LD_PRELOAD is inherited by its children; the agent is harmless in between. */
	return program->reach != REACH_NO_SECURE && program->reach != REACH_NO_ARCHITECTURE &&
			       !leaves_children_alone()
		       ? CHILDREN_MAY_BE
		       : NOT_TRACED;
}

static const char *verdict(enum prospect prospect)
{
	switch (prospect) {
	case TRACED_FROM_START:
		return "it would be traced";
	case MAY_BE_TRACED:
		return "it may be traced, depending on what it loads later";
	case CHILDREN_MAY_BE:
		return "it would not be traced, but programs that it starts may be";
	case NOT_TRACED:
		break;
	}
	return "it would not be traced";
}

static void say_relay(void)
{
	const char *path;

	if (lt_relay_has_path(&path)) {
		say("relay", "the one that listens at %s", path);
		return;
	}
	const char *obstacle = relay_obstacle();
	char relay[PATH_MAX];
	if (!obstacle && preload_find_relay(relay))
		obstacle = "libtrace-relay is not where it was installed";
	if (obstacle)
		say("relay", "no, a thread of the program's sends its spans: %s", obstacle);
	else
		say("relay", "yes: %s, beside the program, sends its spans", relay);
}

int doctor(const char *name)
{
	static struct program program;
	char culprit[PATH_MAX];

	int err = program_read(name, &program, culprit);
	if (err) {
		fprintf(stderr, "libtrace-instrument: %s%s%s: %s\n", name,
			strcmp(name, culprit) == 0 ? "" : ": ",
			strcmp(name, culprit) == 0 ? "" : culprit, program_complaint(err));
		return err == -ENOENT ? 127 : 126;
	}
	if (program.script[0])
		say("program", "%s, a script that %s runs", program.script, program.path);
	else
		say("program", "%s", program.path);

	enum prospect prospect = explain(&program);
	delivery_read_settings(program_short_name(program.script[0] ? program.path : name));
	say_relay();
	bool arrives = delivery_try();
	bool traced = prospect == TRACED_FROM_START || prospect == MAY_BE_TRACED;
	say("verdict", "%s%s", verdict(prospect),
		traced && !arrives ? ", but its spans would not arrive" : "");
	return traced && arrives ? 0 : 1;
}
