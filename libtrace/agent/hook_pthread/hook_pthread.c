/* SPDX-License-Identifier: Apache-2.0 */
/* hook_pthread.c - wrappers of the functions that start a thread.
 *
 * What is current where a thread is started is current in the thread, until that ends.  Where nothing
 * is current, the call is passed on.  The attributes are the program's, and so is the thread but for
 * one frame below its function: returning, pthread_exit() and cancellation mean what they did. */
#include "hook/agent.h"
#include "hook/follow.h"
#include "hook/hook.h"
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

AGENT_HOOK int pthread_create(pthread_t *ret_thread, const pthread_attr_t *attr,
	void *(*function)(void *), void *argument);
AGENT_HOOK int thrd_create(thrd_t *ret_thread, thrd_start_t function, void *argument);

/* Libraries whose threads work for whoever has something to do, not for the one that starts them; the
 * resolver's of libcurl does nothing that is traced. */
static const char *const pools[] = {
	"libtrace-c.so",
	"libcurl.so",
	"libcurl-gnutls.so",
	"libgomp.so",
	"libomp.so",
	"libiomp5.so",
	"libtbb.so",
	"libuv.so",
	"libglib-2.0.so",
};

/* A new thread's; freed by it. */
struct start {
	struct followed followed; /* to be current in it */
	union {
		void *(*posix)(void *);
		thrd_start_t c11;
	} function;
	void *argument;
};

static bool is_pool(const void *caller)
{
	Dl_info info;

	if (!dladdr(caller, &info) || !info.dli_fname)
		return false;
	const char *slash = strrchr(info.dli_fname, '/');
	const char *name = slash ? slash + 1 : info.dli_fname;
	for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
		if (strncmp(name, pools[i], strlen(pools[i])) == 0)
			return true;
	}
	return false;
}

/* New; NULL: the thread is to start as the program has it. */
static struct start *start_new(const void *caller, void *argument)
{
	struct followed followed;

	if (!pthread_family.tracer || lt_suppressed() || !follow_current(&followed))
		return NULL;
	struct start *start = is_pool(caller) ? NULL : malloc(sizeof(*start));
	if (start)
		*start = (struct start){.followed = followed, .argument = argument};
	else
		follow_drop(&followed);
	return start;
}

static void start_free(struct start *start)
{
	follow_drop(&start->followed);
	free(start);
}

/* In the new thread. */
static struct start enter(void *user, struct lt_scope *scope)
{
	struct start start = *(struct start *)user;

	free(user);
	follow_enter_thread(scope, &start.followed);
	return start;
}

static void *begin(void *user)
{
	struct lt_scope scope;
	const struct start start = enter(user, &scope);
	void *result = start.function.posix(start.argument);

	follow_leave_thread();
	return result;
}

static int begin_c11(void *user)
{
	struct lt_scope scope;
	const struct start start = enter(user, &scope);
	int result = start.function.c11(start.argument);

	follow_leave_thread();
	return result;
}

/* The real function, of the C library or of a sanitizer; the same for all callers. */
static void *real(_Atomic(void *) *known, const char *name)
{
	void *function = atomic_load_explicit(known, memory_order_relaxed);

	if (!function) {
		function = hook_gate->next(name);
		atomic_store_explicit(known, function, memory_order_relaxed);
	}
	return function;
}

AGENT_HOOK int pthread_create(pthread_t *ret_thread, const pthread_attr_t *attr,
	void *(*function)(void *), void *argument)
{
	static _Atomic(void *) known;
	__typeof__(pthread_create) *create =
		(__typeof__(create))(uintptr_t)real(&known, "pthread_create");

	if (!create)
		return EAGAIN;
	struct start *start = start_new(__builtin_return_address(0), argument);
	if (!start)
		return create(ret_thread, attr, function, argument);
	start->function.posix = function;
	int err = create(ret_thread, attr, begin, start);
	if (err)
		start_free(start);
	return err;
}

AGENT_HOOK int thrd_create(thrd_t *ret_thread, thrd_start_t function, void *argument)
{
	static _Atomic(void *) known;
	__typeof__(thrd_create) *create =
		(__typeof__(create))(uintptr_t)real(&known, "thrd_create");

	if (!create)
		return thrd_error;
	struct start *start = start_new(__builtin_return_address(0), argument);
	if (!start)
		return create(ret_thread, function, argument);
	start->function.c11 = function;
	int result = create(ret_thread, begin_c11, start);
	if (result != thrd_success)
		start_free(start);
	return result;
}
