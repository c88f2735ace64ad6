/* SPDX-License-Identifier: Apache-2.0 */
/* check_scope.c - scopes that are not left, or left on another thread or in another order. */
#include "memory_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <ucontext.h>

#define NOT_INLINED __attribute__((noinline))

static NOT_INLINED void enter_and_end(struct lt_scope *scope, const char *name)
{
	struct lt_span *span = lt_span_start(tracer, name, NULL);
	lt_scope_enter(scope, span);
	lt_span_end(span);
}

static NOT_INLINED void return_early(void)
{
	struct lt_scope scope;
	enter_and_end(&scope, "lost");
}

static const struct lt_span_data *exported(const char *name)
{
	const struct lt_span_data *data = lt_exporter_memory_find(exporter, name);
	ck_assert_msg(data != NULL, "%s was not exported", name);
	return data;
}

static bool has_parent(const struct lt_span_data *data)
{
	static const uint8_t none[8];
	return memcmp(data->parent_span_id, none, sizeof(none)) != 0;
}

static NOT_INLINED void make_span(const char *name)
{
	lt_span_end(lt_span_start(tracer, name, NULL));
}

START_TEST(a_scope_is_over_when_its_function_has_returned)
{
	return_early();
	make_span("next");
	ck_assert(!has_parent(exported("next")));
	exported("lost");
}
END_TEST

static NOT_INLINED void make_span_far_below(void)
{
	volatile char frame[4096];
	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = 'A';
	make_span("next");
}

static NOT_INLINED void return_early_below(void)
{
	volatile char frame[1024]; /* so that all of the other's frame is written to */
	frame[0] = 'B';
	return_early();
	frame[1] = frame[0];
}

START_TEST(a_scope_is_over_when_its_frame_is_anothers)
{
	return_early_below();
	make_span_far_below();
	ck_assert(!has_parent(exported("next")));
	exported("lost");
}
END_TEST

static jmp_buf jump;

static NOT_INLINED void jump_out(void)
{
	struct lt_scope scope;
	enter_and_end(&scope, "lost");
	longjmp(jump, 1);
}

static NOT_INLINED void jump_over(void)
{
	if (setjmp(jump) == 0)
		jump_out();
}

START_TEST(a_scope_is_over_when_a_jump_has_left_it)
{
	struct lt_scope outer;
	struct lt_span *span = lt_span_start(tracer, "outer", NULL);
	lt_scope_enter(&outer, span);
	jump_over();
	ck_assert_ptr_eq(lt_span_current(), span);
	lt_scope_leave(&outer);
	lt_span_end(span);
	exported("lost");
}
END_TEST

static void *exit_thread(void *unused)
{
	struct lt_scope scope;
	enter_and_end(&scope, "lost");
	pthread_exit(NULL);
}

START_TEST(a_scope_is_over_when_its_thread_has_ended)
{
	for (int i = 0; i < 100; i++) {
		pthread_t thread;
		pthread_create(&thread, NULL, exit_thread, NULL);
		pthread_join(thread, NULL);
	}
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 100);
}
END_TEST

static void *leave(void *scope)
{
	struct lt_scope own;
	struct lt_span *span = lt_span_start(tracer, "other thread's", NULL);
	lt_scope_enter(&own, span);
	lt_scope_leave(scope);
	ck_assert_ptr_eq(lt_span_current(), span);
	lt_scope_leave(&own);
	lt_span_end(span);
	return NULL;
}

START_TEST(a_scope_left_on_another_thread_is_over_on_its_own)
{
	struct lt_scope scope;
	pthread_t thread;
	enter_and_end(&scope, "left elsewhere");
	pthread_create(&thread, NULL, leave, &scope);
	pthread_join(thread, NULL);
	make_span("next");
	ck_assert(!has_parent(exported("next")));
	exported("left elsewhere");
	lt_scope_leave(&scope);
}
END_TEST

static struct lt_scope *_Atomic passed;
static atomic_int n_met;

static void meet(int n)
{
	atomic_fetch_add(&n_met, 1);
	while (atomic_load(&n_met) < 2 * n)
		sched_yield();
}

static void *leave_at_once(void *unused)
{
	for (int i = 0; i < 1000; i++) {
		meet(2 * i + 1);
		lt_scope_leave(passed);
		meet(2 * i + 2);
	}
	return NULL;
}

START_TEST(a_scope_may_be_left_elsewhere_while_its_thread_looks)
{
	pthread_t thread;
	pthread_create(&thread, NULL, leave_at_once, NULL);
	for (int i = 0; i < 1000; i++) {
		struct lt_scope scope;
		enter_and_end(&scope, "raced for");
		passed = &scope;
		meet(2 * i + 1);
		for (int k = 0; k < 20; k++)
			lt_span_current();
		meet(2 * i + 2);
		ck_assert_ptr_null(lt_span_current());
	}
	pthread_join(thread, NULL);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 1000);
}
END_TEST

#define COROUTINE_STACK_BYTES (64 * 1024)
static ucontext_t main_context, coroutine_context;

static void coroutine(void)
{
	struct lt_scope scope;
	enter_and_end(&scope, "on a coroutine");
	ck_assert_ptr_nonnull(lt_span_current());
	swapcontext(&coroutine_context, &main_context);
}

static void run_coroutine(void *stack)
{
	getcontext(&coroutine_context);
	coroutine_context.uc_stack.ss_sp = stack;
	coroutine_context.uc_stack.ss_size = COROUTINE_STACK_BYTES;
	coroutine_context.uc_link = &main_context;
	makecontext(&coroutine_context, coroutine, 0);
	swapcontext(&main_context, &coroutine_context);
}

START_TEST(a_scope_on_a_stack_that_is_no_more_does_no_harm)
{
	struct lt_scope outer;
	lt_scope_enter(&outer, NULL);
	void *stack = mmap(NULL, COROUTINE_STACK_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(stack, MAP_FAILED);
	run_coroutine(stack);
	munmap(stack, COROUTINE_STACK_BYTES);
	make_span("next");
	lt_scope_leave(&outer);
	ck_assert_ptr_null(lt_span_current());
	exported("on a coroutine");
}
END_TEST

static sigjmp_buf out_of_handler;
static struct lt_span *lost_span;

static void on_signal(int number)
{
	struct lt_scope left, lost;
	lt_scope_enter(&left, NULL);
	lt_scope_leave(&left);
	lt_scope_enter(&lost, lost_span);
	siglongjmp(out_of_handler, 1);
}

static NOT_INLINED void be_interrupted(void)
{
	if (sigsetjmp(out_of_handler, 1) == 0)
		raise(SIGUSR1);
}

START_TEST(a_scope_on_a_signals_stack_does_no_harm)
{
	struct lt_scope outer;
	struct lt_span *span = lt_span_start(tracer, "outer", NULL);
	stack_t stack = {.ss_size = COROUTINE_STACK_BYTES, .ss_sp = malloc(COROUTINE_STACK_BYTES)};
	ck_assert_int_eq(sigaltstack(&stack, NULL), 0);
	sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_signal, .sa_flags = SA_ONSTACK},
		NULL);
	lost_span = lt_span_start(tracer, "in a handler", NULL);
	lt_scope_enter(&outer, span);
	be_interrupted();
	lt_span_end(lost_span);
	lt_scope_leave(&outer);
	ck_assert_ptr_null(lt_span_current());
	exported("in a handler");
	lt_span_end(span);
	sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
	free(stack.ss_sp);
}
END_TEST

START_TEST(scopes_that_are_never_left_do_not_add_up)
{
	enum { N = 5000 };
	static struct lt_scope scopes[N]; /* on no stack: their end cannot be detected */
	for (int i = 0; i < N; i++) {
		enter_and_end(&scopes[i], "static");
		return_early();
	}
	/* The last ones are still there. */
	ck_assert_uint_ge(lt_exporter_memory_count(exporter), 2 * N - 1100);
}
END_TEST

static NOT_INLINED int reserve(struct lt_span *span, bool fails)
{
	LT_SCOPE(span);
	if (fails)
		return -1;
	ck_assert_ptr_eq(lt_span_current(), span);
	return 0;
}

START_TEST(the_scope_of_the_macro_leaves_itself)
{
	struct lt_span *span = lt_span_start(tracer, "span", NULL);
	for (int fails = 0; fails < 2; fails++) {
		reserve(span, fails);
		ck_assert_ptr_null(lt_span_current());
	}
	{
		LT_SCOPE(span);
		LT_SCOPE(NULL);
		ck_assert_ptr_null(lt_span_current());
	}
	lt_span_end(span);
	exported("span");
}
END_TEST

START_TEST(a_scope_never_entered_or_left_twice_is_passed_over)
{
	struct lt_scope outer, inner, never;
	struct lt_span *span = lt_span_start(tracer, "span", NULL);
	lt_scope_enter(&outer, span);
	lt_scope_enter(&inner, NULL);
	memset(&never, 0x41, sizeof(never));
	lt_scope_leave(&never);
	ck_assert_ptr_null(lt_span_current());
	lt_scope_leave(&inner);
	lt_scope_leave(&inner);
	ck_assert_ptr_eq(lt_span_current(), span);
	lt_scope_leave(&outer);
	lt_scope_leave(&outer);
	lt_span_end(span);
	ck_assert_uint_eq(lt_exporter_memory_count(exporter), 1);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("scope");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_scope_is_over_when_its_function_has_returned);
	tcase_add_test(tests, a_scope_is_over_when_its_frame_is_anothers);
	tcase_add_test(tests, a_scope_is_over_when_a_jump_has_left_it);
	tcase_add_test(tests, a_scope_is_over_when_its_thread_has_ended);
	tcase_add_test(tests, a_scope_left_on_another_thread_is_over_on_its_own);
	tcase_add_test(tests, a_scope_may_be_left_elsewhere_while_its_thread_looks);
	tcase_add_test(tests, a_scope_on_a_stack_that_is_no_more_does_no_harm);
	tcase_add_test(tests, a_scope_on_a_signals_stack_does_no_harm);
	tcase_add_test(tests, scopes_that_are_never_left_do_not_add_up);
	tcase_add_test(tests, the_scope_of_the_macro_leaves_itself);
	tcase_add_test(tests, a_scope_never_entered_or_left_twice_is_passed_over);
	return run_tests(tests, "scope");
}
