/* SPDX-License-Identifier: Apache-2.0 */
/* program.h - reads a program's file to determine whether the agent can be loaded into it. */
#ifndef LT_INSTRUMENT_PROGRAM_H
#define LT_INSTRUMENT_PROGRAM_H

#include "hook/index.h"
#include <limits.h>
#include <stdbool.h>

enum reach {
	REACH_YES,
	REACH_NO_STATIC,       /* nothing is loaded into it */
	REACH_NO_SECURE,       /* setuid, setgid or file capabilities: LD_PRELOAD is ignored */
	REACH_NO_ARCHITECTURE, /* for another processor, or 32 bits */
	REACH_NO_LIBC,	       /* its dynamic linker is another C library's */
	REACH_NO_MUSL,	       /* its dynamic linker is musl's, and the agent has no core for it */
	REACH_NO_ELF,	       /* not in a format that the kernel runs by itself */
	REACH_UNREADABLE,      /* executable, but not readable */
};

struct program {
	char script[PATH_MAX]; /* the file that was named, when it is a script; else "" */
	char path[PATH_MAX]; /* the ELF file that runs: the program, or the script's interpreter */
	char dynamic_linker[PATH_MAX]; /* "" in a static one */
	enum reach reach;
	bool defines
		[HOOK_COUNT]; /* that library is linked into it statically, judging by its symbols */
};

/**
 * Finds and reads a program.
 *
 * @param name         as in a shell: searched on PATH unless it has a slash
 * @param ret_culprit  the file that an error is about: the program's name, or its interpreter
 * @return 0; -ENOENT when there is none, -EACCES when it is not executable, -EISDIR when it is a
 *         folder, or another -Exxx
 */
int program_read(const char *name, struct program *ret_program, char ret_culprit[PATH_MAX]);

/** The message of such an error. */
const char *program_complaint(int err);

/** The name of a program: the last part of its path. */
const char *program_short_name(const char *path);

/* What a file may do later, judging by the functions that it imports. */
struct later {
	bool loads;  /* libraries: dlopen() */
	bool starts; /* programs: execve() and its like */
};
struct later program_later(const char *path);

/** Why the agent cannot be loaded into it, one line; NULL for REACH_YES. */
const char *program_reason(enum reach reach);

/** Whether that dynamic linker is musl's. */
bool program_is_musl(const char *linker);

/** The dynamic linker of this process's own file; "" when it has none. */
void program_own_linker(char linker[PATH_MAX]);

#endif
