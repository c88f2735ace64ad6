/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_config_file.c - a configuration file, whatever is in it. */
#include "fuzz.h"

#include <libtrace/sdk.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static bool is_reported;

static void note_report(enum lt_level level, const char *text, void *user)
{
	is_reported |= level == LT_LEVEL_ERROR;
}

static void name_file(char path[32], int *ret_fd)
{
	int fd = memfd_create("fuzz", 0);
	if (fd < 0)
		abort();
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	*ret_fd = fd;
}

/* It is a provider, or an error that is reported. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[32];
	static int fd = -1;
	struct lt_provider *provider = NULL;
	lt_set_report_handler(note_report, NULL);
	if (fd < 0) {
		name_file(path, &fd);
		setenv("OTEL_CONFIG_FILE", path, 1);
		setenv("A", "1", 1);
	}
	if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	is_reported = false;
	int err = lt_provider_new(NULL, &provider);
	if ((err != 0) != (provider == NULL) || (err && !is_reported))
		abort();
	lt_provider_free(provider);
	return 0;
}
