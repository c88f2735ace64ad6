/* SPDX-License-Identifier: Apache-2.0 */
/* cp - the one command of the agent's image besides our own, for init containers that fill a volume:
 * `cp -r /libtrace/. FOLDER`, which is also how OpenTelemetry's operator calls it. Everybody may read
 * what it has written, and files that a program has mapped are replaced, not changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDERS_MAX 16 /* open at a time, while walking */

static const char *from, *to;

static int complain(const char *path)
{
	fprintf(stderr, "cp: %s: %s\n", path, strerror(errno));
	return -1;
}

static int write_all(int in, int out, off_t size)
{
	ssize_t n = 1;
	for (off_t left = size; left > 0 && n > 0; left -= n)
		n = sendfile(out, in, NULL, (size_t)left);
	if (n == 0)
		errno = EIO; /* shorter than it was a moment ago */
	return n > 0 ? 0 : -1;
}

static int copy_file(const char *source, const char *target, const struct stat *stat_of)
{
	mode_t mode = stat_of->st_mode & S_IXUSR ? 0755 : 0644;
	int in = open(source, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return complain(source);
	int out = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int err = out < 0 || write_all(in, out, stat_of->st_size) != 0 || fchmod(out, mode) != 0 ||
				  close(out) != 0
			  ? complain(target)
			  : 0;
	close(in);
	return err;
}

static int copy_link(const char *source, const char *target)
{
	char text[PATH_MAX];
	ssize_t len = readlink(source, text, sizeof(text) - 1);
	if (len < 0)
		return complain(source);
	text[len] = '\0';
	return symlink(text, target) ? complain(target) : 0;
}

static int copy_folder(const char *target)
{
	if (mkdir(target, 0755) == 0)
		return chmod(target, 0755) ? complain(target) : 0;
	/* The volume itself may be somebody else's. */
	return errno == EEXIST ? 0 : complain(target);
}

static int copy(const char *source, const struct stat *stat_of, int kind, struct FTW *place)
{
	char target[PATH_MAX];
	if (snprintf(target, sizeof(target), "%s%s", to, source + strlen(from)) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return complain(source);
	}
	if (kind == FTW_D)
		return copy_folder(target);
	if (kind != FTW_F && kind != FTW_SL) {
		errno = EACCES;
		return complain(source);
	}
	if (unlink(target) != 0 && errno != ENOENT)
		return complain(target);
	return kind == FTW_F ? copy_file(source, target, stat_of) : copy_link(source, target);
}

int main(int argc, char **argv)
{
	size_t len = argc == 4 ? strlen(argv[2]) : 0;
	if (len < 3 || strcmp(argv[1], "-r") != 0 || strcmp(argv[2] + len - 2, "/.") != 0) {
		fprintf(stderr, "usage: cp -r FOLDER/. FOLDER\n");
		return 2;
	}
	from = argv[2];
	to = argv[3];
	int err = nftw(from, copy, FOLDERS_MAX, FTW_PHYS);
	if (err < 0 && errno == ENOENT && access(from, F_OK) != 0)
		complain(from);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
