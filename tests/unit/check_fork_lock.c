/* SPDX-License-Identifier: Apache-2.0 */
/* check_fork_lock.c - a fork interrupts no critical section, and no fork waits forever. */
#include "check_main.h"
#include "util/clock.h"
#include "util/fork_lock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HALF_WAY, WHOLE };

static atomic_int state;
static atomic_bool is_inside, may_leave, has_left;

static void nap_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static void *do_something(void *unused)
{
	lt_fork_lock_take();
	state = HALF_WAY;
	is_inside = true;
	nap_ms(100);
	state = WHOLE;
	lt_fork_lock_give();
	has_left = true;
	return NULL;
}

static void *stay_inside(void *unused)
{
	lt_fork_lock_take();
	is_inside = true;
	while (!may_leave)
		nap_ms(1);
	lt_fork_lock_give();
	has_left = true;
	return NULL;
}

/* Nobody joins it: in a child there would be nobody to be joined. */
static void start_and_wait(void *(*run)(void *))
{
	pthread_t thread;
	lt_fork_lock_watch();
	ck_assert_int_eq(pthread_create(&thread, NULL, run, NULL), 0);
	pthread_detach(thread);
	while (!is_inside)
		nap_ms(1);
}

static int exit_code_of(pid_t child)
{
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool can_take(void)
{
	if (!lt_fork_lock_take())
		return false;
	lt_fork_lock_give();
	return true;
}

START_TEST(a_child_finds_whole_what_another_thread_was_at_and_can_go_on)
{
	start_and_wait(do_something);
	pid_t child = fork();
	if (child == 0)
		_exit(state == WHOLE && can_take() ? 0 : 1);
	ck_assert_int_eq(exit_code_of(child), 0);
	ck_assert(can_take());
	while (!has_left)
		nap_ms(1);
}
END_TEST

START_TEST(a_fork_that_would_wait_too_long_goes_on_and_its_child_touches_nothing)
{
	start_and_wait(stay_inside);
	uint64_t start_ns = lt_clock_monotonic_ns();
	pid_t child = fork();
	if (child == 0)
		_exit(can_take() ? 1 : 0);
	ck_assert_uint_ge(lt_clock_monotonic_ns() - start_ns, UINT64_C(900000000));
	ck_assert_int_eq(exit_code_of(child), 0);
	may_leave = true;
	while (!has_left)
		nap_ms(1);
	ck_assert(can_take());
}
END_TEST

START_TEST(a_fork_by_the_thread_that_is_inside_does_not_wait)
{
	lt_fork_lock_watch();
	ck_assert(lt_fork_lock_take());
	uint64_t start_ns = lt_clock_monotonic_ns();
	pid_t child = fork();
	if (child == 0) {
		lt_fork_lock_give();
		_exit(can_take() ? 1 : 0);
	}
	ck_assert_uint_lt(lt_clock_monotonic_ns() - start_ns, UINT64_C(900000000));
	ck_assert_int_eq(exit_code_of(child), 0);
	lt_fork_lock_give();
	ck_assert(can_take());
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("fork_lock");
	tcase_add_test(tests, a_child_finds_whole_what_another_thread_was_at_and_can_go_on);
	tcase_add_test(
		tests, a_fork_that_would_wait_too_long_goes_on_and_its_child_touches_nothing);
	tcase_add_test(tests, a_fork_by_the_thread_that_is_inside_does_not_wait);
	return run_tests(tests, "fork_lock");
}
