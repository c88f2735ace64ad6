/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - runs a fuzz target over a folder of inputs, each whole and cut at every byte: what the
 * fuzzer has found once stays found, also where there is no fuzzer.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX_BYTES 65536

static void run(const char *bytes, size_t n)
{
	/* A copy of just that size, so that reading past it is seen. */
	uint8_t *copy = malloc(n ? n : 1);
	memcpy(copy, bytes, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static void replay(const char *path)
{
	static char bytes[INPUT_MAX_BYTES];
	FILE *file = fopen(path, "rb");
	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(EXIT_FAILURE);
	}
	size_t n = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	for (size_t cut = 0; cut <= n; cut++)
		run(bytes, cut);
}

int main(int argc, char **argv)
{
	unsigned n = 0;
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	if (!folder) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	for (struct dirent *entry; (entry = readdir(folder));) {
		char path[4096];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		replay(path);
		n++;
	}
	closedir(folder);
	printf("%u inputs\n", n);
	return n ? EXIT_SUCCESS : EXIT_FAILURE;
}
