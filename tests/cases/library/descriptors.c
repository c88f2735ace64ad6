/* SPDX-License-Identifier: Apache-2.0 */
/* descriptors.c - programs that handle descriptors in unusual ways, which the exporter must
 * survive.
 *
 * 	descriptors streams    starts without standard streams
 * 	descriptors files      closes what it did not open, and opens files in their places
 * 	descriptors none-left  has no descriptor to give, for a while
 *
 * Exits with 0 on success, otherwise prints the failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libtrace/sdk.h>

#define FIRST 3
#define LAST 256
#define N_FILES 12
#define ROUNDS 3
#define FLUSH_MS 10000
#define SHORT_MS 300

static struct lt_provider *provider;
static struct lt_processor *processor;
static int out = STDOUT_FILENO;
static int n_wrong, n_ended;
static bool is_inherited[LAST];

static void wrong(int fd, const char *what)
{
	dprintf(out, "descriptor %d %s\n", fd, what);
	n_wrong++;
}

static void export_span(void)
{
	lt_span_end(lt_span_start(lt_tracer_get(provider, "descriptors", NULL), "s", NULL));
	n_ended++;
	if (lt_provider_flush(provider, FLUSH_MS) != 0)
		wrong(-1, "kept a span from being exported");
}

static bool set_up(void)
{
	struct lt_exporter *exporter;
	struct lt_provider_options options = {0};
	if (lt_exporter_otlp_http_new(NULL, &exporter) != 0 ||
		lt_processor_batch_new(exporter, NULL, &processor) != 0)
		return false;
	options.processor = processor;
	return lt_provider_new(&options, &provider) == 0;
}

static void check_all_closed_on_exec(void)
{
	for (int fd = FIRST; fd < LAST; fd++) {
		int flags = fcntl(fd, F_GETFD);
		if (flags >= 0 && !(flags & FD_CLOEXEC) && !is_inherited[fd])
			wrong(fd, "goes on to programs that are executed");
	}
}

/* Where they are closed, as a daemon's may be, a program that writes to standard error writes to
 * whoever has its number. */
static void without_streams(void)
{
	out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, LAST);
	for (int fd = 0; fd < FIRST; fd++)
		close(fd);
	if (!set_up())
		exit(2);
	export_span();
	for (int fd = 0; fd < FIRST; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			wrong(fd, "is open");
	check_all_closed_on_exec();
}

static int open_file(void)
{
	char name[] = "/tmp/libtrace-descriptors-XXXXXX";
	int fd = mkstemp(name);
	unlink(name);
	return fd >= 0 && write(fd, "mine", 4) == 4 ? fd : -1;
}

static void check_file(int fd, ino_t inode)
{
	struct stat file;
	if (fstat(fd, &file) != 0)
		wrong(fd, "has been closed");
	else if (!S_ISREG(file.st_mode) || file.st_ino != inode)
		wrong(fd, "is another file");
	else if (file.st_size != 4)
		wrong(fd, "has been written to");
	else if (lseek(fd, 0, SEEK_CUR) != 4)
		wrong(fd, "has been read or moved");
}

static void with_files(void)
{
	int files[N_FILES];
	struct stat before[N_FILES];
	if (!set_up())
		exit(2);
	for (int round = 0; round < ROUNDS; round++) {
		export_span();
		for (int fd = FIRST; fd < LAST; fd++)
			close(fd);
		for (int i = 0; i < N_FILES; i++) {
			files[i] = open_file();
			if (files[i] < 0 || fstat(files[i], &before[i]) != 0)
				exit(2);
		}
		export_span();
		if (round == ROUNDS - 1)
			lt_provider_shutdown(provider, FLUSH_MS);
		for (int i = 0; i < N_FILES; i++)
			check_file(files[i], before[i].st_ino);
	}
	lt_provider_free(provider);
	provider = NULL;
	for (int i = 0; i < N_FILES; i++)
		check_file(files[i], before[i].st_ino);
}

/* libcurl cannot even be loaded then. */
static void with_none_left(void)
{
	struct rlimit before, none;
	if (!set_up() || getrlimit(RLIMIT_NOFILE, &before) != 0)
		exit(2);
	none = before;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	lt_span_end(lt_span_start(lt_tracer_get(provider, "descriptors", NULL), "s", NULL));
	n_ended++;
	if (lt_provider_flush(provider, SHORT_MS) == 0)
		wrong(-1, "was needed to export a span");
	setrlimit(RLIMIT_NOFILE, &before);
	export_span();
}

int main(int argc, char **argv)
{
	for (int fd = 0; fd < LAST; fd++)
		is_inherited[fd] = fcntl(fd, F_GETFD) >= 0;
	if (argc == 2 && strcmp(argv[1], "streams") == 0)
		without_streams();
	else if (argc == 2 && strcmp(argv[1], "files") == 0)
		with_files();
	else if (argc == 2 && strcmp(argv[1], "none-left") == 0)
		with_none_left();
	else
		return 2;
	lt_provider_free(provider);
	dprintf(out, "%d spans\n", n_ended);
	return n_wrong != 0;
}
