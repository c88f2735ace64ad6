/* SPDX-License-Identifier: Apache-2.0 */
/* check_hook.c - which library a wrapped call goes to, while libraries come and go. */
#include "check_main.h"
#include "hook/hook.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

/* Two loaded objects stand for two libcurls, of which now the one and now the other serves. */
static void *functions[2];
static atomic_uint n_found;

static void *open_any(const char *path, int mode)
{
	return functions;
}

static void *any_symbol(void *handle, const char *name)
{
	return functions;
}

static int close_any(void *handle)
{
	return 0;
}

static char *no_error(void)
{
	return NULL;
}

static void *find(const char *name, uintptr_t caller);

static struct gate gate = {
	.linker = {.open = open_any, .symbol = any_symbol, .close = close_any, .error = no_error},
	.find = find,
	.generation = 1};

/* A generation is odd unless a dlclose is at work; each dlclose changes which one serves. */
static void *serving(uint64_t generation)
{
	return functions[generation / 2 % 2];
}

static void *find(const char *name, uintptr_t caller)
{
	atomic_fetch_add(&n_found, 1);
	return serving(atomic_load(&gate.generation));
}

static void close_one(void)
{
	atomic_fetch_add(&gate.n_closing, 1);
	atomic_fetch_add(&gate.generation, 1);
	atomic_fetch_add(&gate.generation, 1);
	atomic_fetch_sub(&gate.n_closing, 1);
}

static const char *const names[] = {"function"};
static struct hook_family family;

static void set_up(void)
{
	static const char *const libraries[] = {"libm.so.6", "libresolv.so.2"};
	static const char *const known[] = {"cos", "ns_get16"};

	for (int i = 0; i < 2; i++) {
		functions[i] = dlsym(dlopen(libraries[i], RTLD_NOW), known[i]);
		ck_assert_ptr_nonnull(functions[i]);
	}
	family = (struct hook_family){.names = names, .n_names = 1};
	atomic_store(&n_found, 0);
	hook_start(&gate);
}

/* Whether a call goes to the object that holds the function. */
static bool goes_to(const struct hook_call *call, const void *function)
{
	return call->target && (uintptr_t)function >= call->target->start &&
	       (uintptr_t)function < call->target->end;
}

static struct hook_call call_from_here(void)
{
	return hook_call(&family, (const void *)(uintptr_t)&call_from_here);
}

START_TEST(an_answer_is_kept_until_a_dlclose)
{
	for (unsigned n = 1; n <= 200; n++) { /* more dlcloses than there are places */
		for (int i = 0; i < 3; i++) {
			struct hook_call call = call_from_here();
			ck_assert(goes_to(&call, serving(atomic_load(&gate.generation))));
			ck_assert(!call.internal);
		}
		ck_assert_uint_eq(atomic_load(&n_found), n);
		close_one();
	}
}
END_TEST

START_TEST(what_is_found_while_a_dlclose_is_at_work_is_not_kept)
{
	atomic_fetch_add(&gate.n_closing, 1);
	call_from_here();
	call_from_here();
	atomic_fetch_sub(&gate.n_closing, 1);
	call_from_here();
	call_from_here();
	ck_assert_uint_eq(atomic_load(&n_found), 3);
}
END_TEST

START_TEST(a_bound_call_goes_to_its_library_once)
{
	int number = hook_library_number(&family, functions[1]);
	struct hook_call call;

	ck_assert_int_ge(number, 0);
	hook_bound = (unsigned)number + 1;
	call = call_from_here();
	ck_assert(goes_to(&call, functions[1]));
	if (serving(atomic_load(&gate.generation)) == functions[1])
		close_one();
	call = call_from_here();
	ck_assert(goes_to(&call, functions[0]));
}
END_TEST

#define N_THREADS 3
#define N_CALLS 20000

static void *call_often(void *user)
{
	atomic_uint *n_wrong = user;

	for (int i = 0; i < N_CALLS; i++) {
		uint64_t before = atomic_load(&gate.generation);
		struct hook_call call = call_from_here();
		/* With a dlclose in between, either is right. */
		if (atomic_load(&gate.generation) == before && before % 2 &&
			!goes_to(&call, serving(before)))
			atomic_fetch_add(n_wrong, 1);
	}
	return NULL;
}

START_TEST(threads_that_call_while_others_unload_are_served_by_the_right_library)
{
	pthread_t threads[N_THREADS];
	atomic_uint n_wrong = 0;

	for (int i = 0; i < N_THREADS; i++)
		pthread_create(&threads[i], NULL, call_often, &n_wrong);
	for (int i = 0; i < N_CALLS / 10; i++)
		close_one();
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(atomic_load(&n_wrong), 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("hook");
	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, an_answer_is_kept_until_a_dlclose);
	tcase_add_test(tests, what_is_found_while_a_dlclose_is_at_work_is_not_kept);
	tcase_add_test(tests, a_bound_call_goes_to_its_library_once);
	tcase_add_test(
		tests, threads_that_call_while_others_unload_are_served_by_the_right_library);
	return run_tests(tests, "hook");
}
