/* SPDX-License-Identifier: Apache-2.0 */
#include "export/output_file.h"

#include "util/clock.h"
#include "util/output.h"
#include "util/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_MODE 0644

/* Absolute, since the program may change its working directory. */
int lt_output_file_init(struct lt_output_file *file, struct lt_slice path, int stream)
{
	*file = (struct lt_output_file){.stream = stream};
	if (!path.len)
		return 0;
	char *folder = path.ptr[0] == '/' ? NULL : getcwd(NULL, 0);
	int n = asprintf(&file->path, "%s%s%.*s", folder ? folder : "", folder ? "/" : "",
		(int)path.len, path.ptr);
	free(folder);
	if (n < 0)
		file->path = NULL;
	return n < 0 ? -ENOMEM : 0;
}

static int open_path(const char *path, int flags)
{
	int fd = open(path, flags | O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, FILE_MODE);
	if (fd >= 0 && fd <= STDERR_FILENO) { /* the program has closed one of the three */
		int other = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		close(fd);
		fd = other;
	}
	return fd;
}

static int write_path(const char *path, const struct lt_buffer *text, uint64_t deadline_ns)
{
	int fd = open_path(path, O_CREAT | O_APPEND);
	int err = fd < 0 ? -errno : lt_output_write(fd, text->bytes, text->len, deadline_ns);
	if (fd >= 0)
		close(fd);
	if (err && err != -EAGAIN)
		lt_report_limited(
			path, LT_LEVEL_WARN, "cannot write spans to %s: %s", path, strerror(-err));
	return err;
}

int lt_output_file_write(
	const struct lt_output_file *file, const struct lt_buffer *text, unsigned timeout_ms)
{
	uint64_t deadline_ns = UINT64_MAX;
	if (timeout_ms)
		deadline_ns = lt_clock_monotonic_ns() + timeout_ms * UINT64_C(1000000);
	return file->path ? write_path(file->path, text, deadline_ns)
			  : lt_output_write(file->stream, text->bytes, text->len, deadline_ns);
}

int lt_output_file_sync(const struct lt_output_file *file)
{
	int fd = file->path ? open_path(file->path, 0) : file->stream;
	int err = fd < 0 || fdatasync(fd) != 0 ? -errno : 0;
	if (file->path && fd >= 0)
		close(fd);
	return err == -EINVAL || err == -EROFS || err == -ENOENT ? 0 : err; /* a pipe, a terminal */
}

void lt_output_file_done(struct lt_output_file *file)
{
	free(file->path);
}
