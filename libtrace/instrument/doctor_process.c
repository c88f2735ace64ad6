/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor_process.h"
#include "delivery.h"
#include "gate/gate.h"
#include "hooks.h"
#include "libraries.h"
#include "process.h"
#include "process/leader.h"
#include "process/relay_address.h"
#include "program.h"
#include "say.h"
#include "setup/exporter_from_env.h"
#include "util/config.h"
#include "util/slice.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define GATE "libtrace-agent.so"
#define LIBRARY "libtrace-c.so."
#define SLAB "/memfd:libtrace spans" /* of span_slab.c */
#define PRELOAD_FILE "/etc/ld.so.preload"
#define PRELOAD_MAX_BYTES 4096
#define LIBRARIES_MAX 64 /* that are traced; more are ignored */
#define OLDEST_GLIBC 31	 /* 2.31: old_glibc.h */

enum verdict { TRACED, NOT_TRACED, CANNOT_TELL };

/* What is mapped into it: paths, "" where there is none. */
struct loaded {
	char gate[PATH_MAX], other_gate[PATH_MAX], core[PATH_MAX], library[PATH_MAX];
	char libc[PATH_MAX], curl[PATH_MAX];
	struct library traced[LIBRARIES_MAX];
	int n_traced;
	bool has_slab;
};

static struct process process;
static struct program program;
static struct loaded loaded;

/* --- what is in it ------------------------------------------------------------------------- */

static void keep(char kept[PATH_MAX], const char *path)
{
	if (!kept[0])
		snprintf(kept, PATH_MAX, "%s", path);
}

static void keep_traced(const char *path)
{
	struct library *library = &loaded.traced[loaded.n_traced];

	for (int i = 0; i < loaded.n_traced; i++) {
		if (strcmp(loaded.traced[i].path, path) == 0)
			return;
	}
	if (loaded.n_traced == LIBRARIES_MAX)
		return;
	snprintf(library->name, sizeof(library->name), "%.127s", program_short_name(path));
	snprintf(library->path, sizeof(library->path), "%.1023s", path);
	loaded.n_traced++;
}

static void look_at(const char *path)
{
	const char *name = program_short_name(path);

	if (strcmp(name, GATE) == 0)
		keep(loaded.gate[0] && strcmp(loaded.gate, path) != 0 ? loaded.other_gate
								      : loaded.gate,
			path);
	else if (strcmp(name, GATE_CORE_FILE) == 0)
		keep(loaded.core, path);
	else if (lt_starts_with(name, LIBRARY))
		keep(loaded.library, path);
	else if (lt_starts_with(name, "libc.so.6") || lt_starts_with(name, "libc-2."))
		keep(loaded.libc, path);
	else if (lt_starts_with(name, "libcurl"))
		keep(loaded.curl, path);
	if (hooks_has(name))
		keep_traced(path);
	loaded.has_slab |= strcmp(path, SLAB) == 0;
}

static void look(void)
{
	const char *cursor = NULL;
	char path[PATH_MAX];

	while (process_next_file(&process, &cursor, path))
		look_at(path);
}

/* The folder of a file, with its last slash. */
static int folder_len(const char *path)
{
	return (int)(program_short_name(path) - path);
}

static bool is_musl(void)
{
	return program_is_musl(program.dynamic_linker);
}

/* The path of a file that the agent loads into this process. */
static bool beside(const char *gate, const char *name, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%.*s%s%s", folder_len(gate), gate,
		       is_musl() ? GATE_MUSL_FOLDER : "", name) < PATH_MAX;
}

/* The core is beside its gate: of two agents, that one works. */
static void order_gates(void)
{
	char first[PATH_MAX], core[PATH_MAX];

	if (!loaded.other_gate[0] || !beside(loaded.other_gate, GATE_CORE_FILE, core) ||
		strcmp(core, loaded.core) != 0)
		return;
	strcpy(first, loaded.gate);
	strcpy(loaded.gate, loaded.other_gate);
	strcpy(loaded.other_gate, first);
}

/* --- why the agent is not in it ------------------------------------------------------------ */

/* The entry of LD_PRELOAD, or of the file, that is the agent's. */
static bool find_entry(const char *entries, char entry[PATH_MAX])
{
	for (size_t len; *entries; entries += len + (entries[len] != '\0')) {
		len = strcspn(entries, " :\t\n");
		if (len == 0 || len >= PATH_MAX)
			continue;
		memcpy(entry, entries, len);
		entry[len] = '\0';
		if (strcmp(program_short_name(entry), GATE) == 0)
			return true;
	}
	return false;
}

/* Where the dynamic linker was given the agent: NULL when nowhere. */
static const char *find_preload(char entry[PATH_MAX])
{
	const char *variable = process_getenv(&process, "LD_PRELOAD");
	char text[PRELOAD_MAX_BYTES];

	if (variable && find_entry(variable, entry))
		return "LD_PRELOAD";
	if (process_file_text(&process, PRELOAD_FILE, text, sizeof(text)) == 0 &&
		find_entry(text, entry))
		return PRELOAD_FILE;
	return NULL;
}

static enum verdict explain_missing_file(const char *place, const char *entry, int err)
{
	struct stat stat_of;

	if (err != -ENOENT && err != -ENOTDIR) {
		say("agent", "is not in it: %s names %s; whether that is there cannot be seen: %s",
			place, entry, strerror(-err));
		return CANNOT_TELL;
	}
	bool is_here = process.is_elsewhere && stat(entry, &stat_of) == 0;
	say("agent", "is not in it: %s names %s, which is not there%s", place, entry,
		is_here ? " but in this mount namespace: it is to be mounted into the process's, "
			  "too"
			: "");
	return NOT_TRACED;
}

static enum verdict explain_preload(void)
{
	char entry[PATH_MAX];
	const char *place = find_preload(entry);

	if (!place) {
		say("agent", "is not in it: it was started without, neither LD_PRELOAD in its "
			     "environment nor " PRELOAD_FILE " names " GATE);
		return NOT_TRACED;
	}
	if (is_musl() && strcmp(place, PRELOAD_FILE) == 0) {
		say("agent", "is not in it: musl's dynamic linker reads no " PRELOAD_FILE
			     ", but LD_PRELOAD");
		return NOT_TRACED;
	}
	int mode = entry[0] == '/' ? process_file_mode(&process, entry) : 0;
	if (mode < 0)
		return explain_missing_file(place, entry, mode);
	say("agent",
		"is not in it, though %s names %s: the dynamic linker has refused it, with a "
		"message on the process's standard error",
		place, entry);
	return NOT_TRACED;
}

static enum verdict explain_absence(void)
{
	const char *reason = NULL;

	if (program.reach == REACH_NO_ARCHITECTURE)
		reason = program_reason(REACH_NO_ARCHITECTURE);
	else if (!program.dynamic_linker[0] && !loaded.libc[0] && program.reach != REACH_UNREADABLE)
		reason = program_reason(REACH_NO_STATIC);
	else if (process.is_secure)
		reason = "it runs with more rights than its caller (setuid, setgid, file "
			 "capabilities), so the dynamic linker ignores LD_PRELOAD";
	if (!reason)
		return explain_preload();
	say("agent", "is not in it: %s", reason);
	return NOT_TRACED;
}

/* --- why it does nothing -------------------------------------------------------------------- */

static bool is_old_glibc(void)
{
	const char *name = program_short_name(loaded.libc);

	return lt_starts_with(name, "libc-2.") && atoi(name + strlen("libc-2.")) < OLDEST_GLIBC;
}

static bool lacks(const char *name, char path[PATH_MAX])
{
	return beside(loaded.gate, name, path) && process_file_mode(&process, path) == -ENOENT;
}

/* The gate alone is in it. */
static void explain_idle(void)
{
	char path[PATH_MAX];

	if (!loaded.libc[0] && !is_musl())
		say("agent", "%s is in it, and does nothing: %s", loaded.gate,
			program_reason(REACH_NO_LIBC));
	else if (process.is_secure)
		say("agent",
			"%s is in it, and does nothing: it runs with more rights than its caller",
			loaded.gate);
	else if (is_old_glibc())
		say("agent", "%s is in it, and does nothing: %s is older than glibc 2.%d",
			loaded.gate, program_short_name(loaded.libc), OLDEST_GLIBC);
	else if (!loaded.n_traced && !loaded.library[0])
		say("agent", "%s is in it, and waits for a library that it traces", loaded.gate);
	else if (lacks(GATE_CORE_FILE, path) || lacks(LIBRARY "0", path))
		say("agent", "%s is in it, and does nothing: there is no %s", loaded.gate, path);
	else
		say("agent",
			"%s is in it, but " GATE_CORE_FILE " is not: the reason is on the "
			"process's standard error",
			loaded.gate);
}

/* --- what it traces ------------------------------------------------------------------------- */

static bool say_traced(void)
{
	return hooks_say(&program, loaded.traced, loaded.n_traced, "no: it has no");
}

/* Returns whether there is anything that makes spans. */
static bool say_sources(void)
{
	bool is_traced = say_traced();

	/* The agent's has come with the core, which may be there for one of the others. */
	if (!loaded.library[0] || (loaded.core[0] && loaded.n_traced > 0))
		return is_traced;
	say("spans", "its own: %s", loaded.library);
	return true;
}

/* --- which way spans leave it ---------------------------------------------------------------- */

static void say_path(const char *path)
{
	int mode = process_file_mode(&process, path);

	say("relay", "no: nothing of it is in the process, though OTEL_C_RELAY is %s%s", path,
		mode < 0	 ? ", which is not there"
		: S_ISSOCK(mode) ? ", where a socket is"
				 : ", which is no socket");
}

static void say_way(void)
{
	bool has_thread = process_has_thread(&process, LT_THREAD_NAME);
	const char *path;
	bool has_path = lt_relay_has_path(&path);

	if (loaded.has_slab && !has_thread) {
		say("relay", "yes: it shares its spans with %s%s",
			has_path ? "the one that listens at " : "the one of its launcher",
			has_path ? path : "");
		return;
	}
	if (loaded.has_slab)
		say("relay", "no longer: it has ended, or has been given up");
	else if (has_path)
		say_path(path);
	else
		say("relay", "no");
	if (has_thread)
		say("thread", "yes: a thread of its own sends its spans%s",
			loaded.curl[0] ? "" : ", but libcurl, by which it does, is not in it");
	else
		say("thread", "not yet: the first span that ends starts one, which sends by "
			      "libcurl");
}

/* By the settings that it was started with: whether spans leave it at all. */
static bool say_export(void)
{
	enum lt_exporter_kind kinds[LT_EXPORTER_KINDS];

	if (lt_config_bool("OTEL_SDK_DISABLED")) {
		say("export", "no: OTEL_SDK_DISABLED is true");
		return false;
	}
	if (!lt_config_has_file() && lt_exporter_kinds_from_env(kinds) == 0) {
		say("export", "no: OTEL_TRACES_EXPORTER is none");
		return false;
	}
	say_way();
	return true;
}

/* --- all of it ------------------------------------------------------------------------------ */

static enum verdict examine(void)
{
	char ignored[PATH_MAX], exe[64];

	snprintf(exe, sizeof(exe), "/proc/%d/exe", (int)process.pid);
	if (program_read(exe, &program, ignored) != 0)
		program = (struct program){.reach = REACH_UNREADABLE};
	look();
	order_gates();
	if (!loaded.gate[0]) {
		enum verdict verdict = explain_absence();
		return loaded.library[0] && say_sources() && say_export() ? TRACED : verdict;
	}
	if (!loaded.core[0]) {
		explain_idle();
		say_traced();
		return NOT_TRACED;
	}
	say("agent", "%s is in it", loaded.gate);
	if (loaded.other_gate[0])
		say("agent", "%s is in it too, and has stepped aside", loaded.other_gate);
	return say_sources() && say_export() ? TRACED : NOT_TRACED;
}

static int complain(pid_t pid, int err)
{
	const char *reason = strerror(-err);

	if (err == -ESRCH)
		reason = "there is no such process";
	else if (err == -EACCES)
		reason = "it cannot be read without its user's rights: run this as that user or as "
			 "root, in its container or with CAP_SYS_PTRACE";
	else if (err == -ENODATA)
		reason = "it has no memory: it has ended, or is a thread of the kernel's";
	fprintf(stderr, "libtrace-instrument: process %d: %s\n", (int)pid, reason);
	return CANNOT_TELL;
}

int doctor_process(pid_t pid)
{
	static const char *const verdicts[] = {
		"it is traced", "it is not traced", "whether it is traced cannot be told"};

	int err = process_read(pid, &process);
	if (!err)
		err = process_take_environment(&process);
	if (err)
		return complain(pid, err);
	say("process", "%d, %s%s", (int)pid, process.exe,
		process.is_elsewhere ? ", in another mount namespace: its paths are its own" : "");
	enum verdict verdict = examine();
	delivery_read_settings(program_short_name(process.exe));
	say("verdict", "%s",
		verdict == TRACED && !loaded.gate[0] ? "it traces itself, without the agent"
						     : verdicts[verdict]);
	process_release(&process);
	return (int)verdict;
}
