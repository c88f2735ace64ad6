/* SPDX-License-Identifier: Apache-2.0 */
/* case_files.h - cases as lines of a file in tests/data. */
#ifndef CASE_FILES_H
#define CASE_FILES_H

#include <check.h>
#include <stdio.h>
#include <string.h>

/* Calls check() with each line that is neither empty nor a comment; there must be one. */
static inline void for_each_case(const char *file, void (*check)(char *line))
{
	char path[512], line[2048];
	snprintf(path, sizeof(path), "%s/%s", DATA_DIR, file);
	FILE *cases = fopen(path, "r");
	ck_assert_msg(cases != NULL, "cannot open %s", path);
	unsigned n = 0;
	while (fgets(line, sizeof(line), cases)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line == '#' || *line == '\0')
			continue;
		check(line);
		n++;
	}
	fclose(cases);
	ck_assert_uint_gt(n, 0);
}

#endif
