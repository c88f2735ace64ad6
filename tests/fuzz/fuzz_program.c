/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_program.c - files to be run: ELF programs, scripts, neither. */
#include "fuzz.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void must_end(const char *text, size_t size)
{
	if (!memchr(text, '\0', size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct program program;
	char path[64], culprit[PATH_MAX];
	int fd = memfd_create("program", 0);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (program_read(path, &program, culprit) == 0) {
		must_end(program.path, sizeof(program.path));
		must_end(program.script, sizeof(program.script));
		must_end(program.dynamic_linker, sizeof(program.dynamic_linker));
		if (!program_reason(program.reach) != (program.reach == REACH_YES))
			abort();
	}
	must_end(culprit, sizeof(culprit));
	program_later(path);
	close(fd);
	return 0;
}
