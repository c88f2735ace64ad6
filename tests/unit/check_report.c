/* SPDX-License-Identifier: Apache-2.0 */
/* check_report.c - reports harm neither the program nor the terminal. */
#include "util/report.h"

#include "check_main.h"
#include "reports.h"
#include "util/clock.h"
#include "util/output.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_S 20 /* a write that blocks: SIGALRM ends the test's process */

#define INTERVAL_NS (LT_REPORT_INTERVAL_MS * UINT64_C(1000000))

/* Makes fd the standard error of this test's process. */
static void become_stderr(int fd)
{
	ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
	alarm(PATIENCE_S);
}

/* Its reading end. */
static int pipe_as_stderr(void)
{
	int ends[2];
	ck_assert_int_eq(pipe(ends), 0);
	become_stderr(ends[1]);
	return ends[0];
}

static int socket_as_stderr(void)
{
	int ends[2];
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	become_stderr(ends[1]);
	return ends[0];
}

/* Until there is no room for a byte more. */
static void fill_stderr(void)
{
	char bytes[4096] = {0};
	int flags = fcntl(STDERR_FILENO, F_GETFL);
	fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
	for (size_t n = sizeof(bytes); n; n /= 2)
		while (write(STDERR_FILENO, bytes, n) > 0)
			;
	fcntl(STDERR_FILENO, F_SETFL, flags);
}

static struct lt_slice read_some(int fd)
{
	static char bytes[8192];
	ssize_t n = read(fd, bytes, sizeof(bytes));
	ck_assert_int_gt(n, 0);
	return (struct lt_slice){bytes, (size_t)n};
}

START_TEST(a_report_is_one_line_on_standard_error)
{
	int reader = pipe_as_stderr();
	lt_report(LT_LEVEL_WARN, "%d spans", 3);
	ck_assert_slice_eq(read_some(reader), "libtrace: warn: 3 spans\n");
}
END_TEST

START_TEST(nothing_in_a_report_harms_a_terminal)
{
	int reader = pipe_as_stderr();
	lt_report(LT_LEVEL_WARN, "%s",
		"a\x1b[31mb\nlibtrace: error: c\x07\x7f \xc2\x9b"
		"d \xff \xe2\x80\xae caf\xc3\xa9");
	ck_assert_slice_eq(read_some(reader),
		"libtrace: warn: a?[31mb?libtrace: error: c?? ?d ? ? caf\xc3\xa9\n");
}
END_TEST

START_TEST(a_handler_gets_the_same_text)
{
	keep_reports();
	lt_report(LT_LEVEL_WARN, "%s", "a\x1b]0;b\x07");
	ck_assert_str_eq(last_report, "a?]0;b?");
}
END_TEST

START_TEST(a_handler_gets_what_the_level_allows)
{
	static const char *const levels[] = {"none", "error", "warn", "info", "debug"};
	setenv("OTEL_LOG_LEVEL", levels[_i], 1);
	for (int level = LT_LEVEL_ERROR; level <= LT_LEVEL_DEBUG; level++) {
		keep_reports();
		lt_report((enum lt_level)level, "something");
		ck_assert_str_eq(last_report, level <= _i ? "something" : "");
	}
}
END_TEST

START_TEST(a_long_text_is_cut_and_says_so)
{
	char text[5000];
	memset(text, 'x', sizeof(text));
	int reader = pipe_as_stderr();
	lt_report(LT_LEVEL_WARN, "%.*s", (int)sizeof(text), text);
	struct lt_slice line = read_some(reader);
	ck_assert_uint_lt(line.len, 1100);
	ck_assert_mem_eq(line.ptr + line.len - 5, "x...\n", 5);
}
END_TEST

static int (*const kinds[])(void) = {pipe_as_stderr, socket_as_stderr};

START_TEST(a_full_standard_error_that_nobody_reads_blocks_nobody)
{
	int reader = kinds[_i]();
	fill_stderr();
	int flags = fcntl(STDERR_FILENO, F_GETFL);
	for (int i = 0; i < 100; i++)
		lt_report(LT_LEVEL_WARN, "report %d", i);
	ck_assert_int_eq(fcntl(STDERR_FILENO, F_GETFL), flags);
	close(reader);
}
END_TEST

START_TEST(a_line_is_there_whole_or_not_at_all)
{
	int reader = pipe_as_stderr();
	char text[900];
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 200; i++) /* more than a pipe holds */
		lt_report(LT_LEVEL_WARN, "%.*s", (int)sizeof(text), text);
	close(STDERR_FILENO);
	size_t n = 0;
	char last = 0;
	for (char bytes[4096];;) {
		ssize_t got = read(reader, bytes, sizeof(bytes));
		if (got <= 0)
			break;
		n += (size_t)got;
		last = bytes[got - 1];
	}
	ck_assert_int_eq(last, '\n');
	ck_assert_uint_gt(n, 0);
	ck_assert_uint_eq(n % (strlen("libtrace: warn: \n") + sizeof(text)), 0);
}
END_TEST

START_TEST(a_standard_error_whose_reader_has_gone_ends_nobody)
{
	close(kinds[_i]());
	lt_report(LT_LEVEL_WARN, "nobody hears this");
	sigset_t pending;
	sigpending(&pending);
	ck_assert(!sigismember(&pending, SIGPIPE));
	/* And the program's own signals are as they were. */
	signal(SIGPIPE, SIG_DFL);
	sigset_t mask;
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	ck_assert(!sigismember(&mask, SIGPIPE));
}
END_TEST

START_TEST(a_sigpipe_that_the_program_waits_for_stays_its_own)
{
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	raise(SIGPIPE);
	close(pipe_as_stderr());
	lt_report(LT_LEVEL_WARN, "nobody hears this");
	ck_assert_int_eq(sigtimedwait(&mask, NULL, &(struct timespec){0}), SIGPIPE);
}
END_TEST

START_TEST(a_log_file_at_its_size_limit_ends_nobody)
{
	FILE *file = tmpfile();
	ck_assert_ptr_nonnull(file);
	become_stderr(dup(fileno(file)));
	struct rlimit before;
	getrlimit(RLIMIT_FSIZE, &before);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){4, before.rlim_max});
	for (int i = 0; i < 3; i++)
		lt_report(LT_LEVEL_WARN, "longer than four bytes");
	setrlimit(RLIMIT_FSIZE, &before); /* the check library has a file, too */
	ck_assert_int_eq(lseek(STDERR_FILENO, 0, SEEK_END), 4);
}
END_TEST

START_TEST(a_closed_standard_error_is_left_alone)
{
	close(STDERR_FILENO);
	errno = ERANGE;
	lt_report(LT_LEVEL_WARN, "nobody hears this");
	ck_assert_int_eq(errno, ERANGE);
}
END_TEST

START_TEST(a_write_with_a_deadline_waits_for_the_reader_and_gives_up_in_time)
{
	enum { LIMIT_MS = 100 };
	int reader = kinds[_i]();
	fill_stderr();
	uint64_t began_ns = lt_clock_monotonic_ns();
	ck_assert_int_eq(
		lt_output_write(STDERR_FILENO, "x", 1, began_ns + LIMIT_MS * UINT64_C(1000000)),
		-EAGAIN);
	ck_assert_uint_ge(lt_clock_monotonic_ns() - began_ns, LIMIT_MS * UINT64_C(1000000));
	close(reader);
	ck_assert_int_eq(
		lt_output_write(STDERR_FILENO, "x", 1, began_ns + 10 * INTERVAL_NS), -EPIPE);
}
END_TEST

static void *read_all(void *arg)
{
	char bytes[4096];
	size_t *n = arg, got;
	while ((got = (size_t)read((int)*n, bytes, sizeof(bytes))) > 0 && got <= sizeof(bytes))
		;
	return NULL;
}

START_TEST(more_than_a_pipe_holds_is_written_while_it_is_read)
{
	static char bytes[1 << 20];
	size_t reader = (size_t)kinds[_i]();
	pthread_t thread;
	pthread_create(&thread, NULL, read_all, &reader);
	ck_assert_int_eq(lt_output_write(STDERR_FILENO, bytes, sizeof(bytes),
				 lt_clock_monotonic_ns() + INTERVAL_NS),
		0);
	close(STDERR_FILENO);
	pthread_join(thread, NULL);
}
END_TEST

/* --- one an interval of each kind --------------------------------------------------------- */

START_TEST(a_kind_is_reported_once_an_interval_with_how_many_were_left_out)
{
	uint64_t n = 7, now_ns = lt_clock_monotonic_ns();
	ck_assert(lt_report_is_due("refused", now_ns, &n));
	ck_assert_uint_eq(n, 0);
	for (int i = 0; i < 5; i++)
		ck_assert(!lt_report_is_due("refused", now_ns + INTERVAL_NS - 1, &n));
	ck_assert(lt_report_is_due("refused", now_ns + INTERVAL_NS, &n));
	ck_assert_uint_eq(n, 5);
	ck_assert(!lt_report_is_due("refused", now_ns + INTERVAL_NS + 1, &n));
}
END_TEST

START_TEST(a_kind_does_not_hide_another)
{
	keep_reports();
	lt_report_limited("refused", LT_LEVEL_WARN, "refused");
	lt_report_limited("expired", LT_LEVEL_WARN, "expired");
	ck_assert_str_eq(last_report, "expired");
	lt_report_limited("refused", LT_LEVEL_WARN, "refused");
	ck_assert_str_eq(last_report, "expired");
}
END_TEST

START_TEST(no_more_kinds_than_there_are_places_are_reported_in_an_interval)
{
	uint64_t n, now_ns = lt_clock_monotonic_ns();
	unsigned n_reported = 0;
	for (int i = 0; i < 10 * LT_REPORT_KINDS; i++) {
		char kind[16];
		snprintf(kind, sizeof(kind), "kind %d", i);
		n_reported += lt_report_is_due(kind, now_ns, &n);
	}
	ck_assert_uint_eq(n_reported, LT_REPORT_KINDS);
	ck_assert(lt_report_is_due("a later one", now_ns + INTERVAL_NS, &n));
	ck_assert_uint_eq(n, 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("report");
	enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_report_is_one_line_on_standard_error);
	tcase_add_test(tests, nothing_in_a_report_harms_a_terminal);
	tcase_add_test(tests, a_handler_gets_the_same_text);
	tcase_add_loop_test(tests, a_handler_gets_what_the_level_allows, 0, 5);
	tcase_add_test(tests, a_long_text_is_cut_and_says_so);
	tcase_add_loop_test(
		tests, a_full_standard_error_that_nobody_reads_blocks_nobody, 0, N_KINDS);
	tcase_add_test(tests, a_line_is_there_whole_or_not_at_all);
	tcase_add_loop_test(tests, a_standard_error_whose_reader_has_gone_ends_nobody, 0, N_KINDS);
	tcase_add_test(tests, a_sigpipe_that_the_program_waits_for_stays_its_own);
	tcase_add_test(tests, a_log_file_at_its_size_limit_ends_nobody);
	tcase_add_test(tests, a_closed_standard_error_is_left_alone);
	tcase_add_loop_test(tests,
		a_write_with_a_deadline_waits_for_the_reader_and_gives_up_in_time, 0, N_KINDS);
	tcase_add_loop_test(tests, more_than_a_pipe_holds_is_written_while_it_is_read, 0, N_KINDS);
	tcase_add_test(tests, a_kind_is_reported_once_an_interval_with_how_many_were_left_out);
	tcase_add_test(tests, a_kind_does_not_hide_another);
	tcase_add_test(tests, no_more_kinds_than_there_are_places_are_reported_in_an_interval);
	return run_tests(tests, "report");
}
