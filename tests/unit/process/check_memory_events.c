/* SPDX-License-Identifier: Apache-2.0 */
/* check_memory_events.c - where the count of kills for lack of memory is, and what a relay makes of it. */
#include "check_main.h"

#include "oom.h"
#include "util/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_MS UINT64_C(1000000)

/* --- its file ----------------------------------------------------------------------------- */

static void expect_path(const char *text, const char *expected)
{
	char path[OOM_PATH_MAX_BYTES] = "";
	ck_assert_int_eq(oom_find_path(text, path), *expected != '\0');
	if (*expected)
		ck_assert_str_eq(path, expected);
}

START_TEST(it_is_found_for_each_kind_of_cgroup)
{
	expect_path("0::/user.slice/a.scope\n", "/sys/fs/cgroup/user.slice/a.scope/memory.events");
	expect_path("0::/\n", "/sys/fs/cgroup/memory.events");
	expect_path("9:name=systemd:/s\n4:memory:/kubepods/1\n0::/u\n",
		"/sys/fs/cgroup/memory/kubepods/1/memory.oom_control");
	expect_path("3:cpu,memory:/c\n0::/u", "/sys/fs/cgroup/memory/c/memory.oom_control");
	/* A hierarchy named so is none of that controller. */
	expect_path("4:name=memory:/x\n2:memoryx:/y\n0::/u\n", "/sys/fs/cgroup/u/memory.events");
}
END_TEST

START_TEST(without_the_controller_there_is_none)
{
	char longest[OOM_PATH_MAX_BYTES + 8];
	expect_path("", "");
	expect_path("\n\n", "");
	expect_path("nonsense", "");
	expect_path("4:memory", "");
	expect_path("0::", "");
	expect_path("2:cpu:/\n1:name=systemd:/memory\n", "");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	memcpy(longest, "0::/", 4);
	expect_path(longest, "");
	longest[OOM_PATH_MAX_BYTES - 8] = '\0';
	expect_path(longest, "");
}
END_TEST

/* --- the count ---------------------------------------------------------------------------- */

static void write_count(FILE *file, const char *text)
{
	ck_assert_int_eq(ftruncate(fileno(file), 0), 0);
	ck_assert_int_eq(pwrite(fileno(file), text, strlen(text), 0), (int)strlen(text));
}

START_TEST(a_count_that_rises_shortly_before_an_end_is_its_reason)
{
	FILE *file = tmpfile();
	struct oom oom = {.fd = fileno(file), .n_kills = 2};
	uint64_t now_ns = lt_clock_monotonic_ns();
	write_count(file, "low 0\nhigh 0\nmax 70\noom 3\noom_kill 2\noom_group_kill 9\n");
	oom_look(&oom);
	ck_assert(!oom_has_killed(&oom, now_ns));
	write_count(file, "low 0\nhigh 0\nmax 70\noom 3\noom_kill 3\noom_group_kill 9\n");
	oom_look(&oom);
	ck_assert(oom_has_killed(&oom, now_ns));
	oom_look(&oom); /* it is not forgotten while the process dies */
	ck_assert(oom_has_killed(&oom, now_ns + NS_PER_MS * OOM_RECENT_MS / 2));
	ck_assert(!oom_has_killed(&oom, lt_clock_monotonic_ns() + NS_PER_MS * OOM_RECENT_MS));
	write_count(file, "oom_kill_disable 0\nunder_oom 0\noom_kill 12\n"); /* cgroup v1 */
	oom_look(&oom);
	ck_assert_uint_eq(oom.n_kills, 12);
	write_count(file, "oom_kill_disable 30\n");
	oom_look(&oom);
	write_count(file, "");
	oom_look(&oom);
	ck_assert_uint_eq(oom.n_kills, 12);
	fclose(file);
}
END_TEST

START_TEST(a_descriptor_of_anything_else_is_not_read)
{
	struct oom oom;
	FILE *file = tmpfile();
	int ends[2];
	write_count(file, "oom_kill 1\n");
	ck_assert_int_eq(pipe(ends), 0);
	int fds[] = {-1, 1 << 20, fileno(file), ends[0], ends[1]};
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		oom_begin(&oom, 0, fds[i]);
		ck_assert_int_eq(oom.fd, -1);
		oom_look(&oom);
		ck_assert(!oom_has_killed(&oom, lt_clock_monotonic_ns()));
		oom_done(&oom);
	}
	close(ends[0]);
	close(ends[1]);
	fclose(file);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("memory events");
	tcase_add_test(tests, it_is_found_for_each_kind_of_cgroup);
	tcase_add_test(tests, without_the_controller_there_is_none);
	tcase_add_test(tests, a_count_that_rises_shortly_before_an_end_is_its_reason);
	tcase_add_test(tests, a_descriptor_of_anything_else_is_not_read);
	return run_tests(tests, "memory_events");
}
