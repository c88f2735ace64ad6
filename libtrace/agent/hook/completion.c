/* SPDX-License-Identifier: Apache-2.0 */
/* libtrace expects a scope to be left in the function that entered it.  This one is left later,
 * which is valid because it is in thread-local memory, not in a stack frame: if the program leaves
 * an outer scope first, libtrace has left this one too and completion_leave() does nothing. */
#include "hook/completion.h"
#include <pthread.h>

struct completion {
	struct lt_scope scope;
	bool is_entered;
	bool is_result;	 /* of libpq's */
	bool is_guarded; /* left at the thread's end at the latest */
};

static __thread struct completion completion;
static pthread_key_t at_thread_exit;
static pthread_once_t once = PTHREAD_ONCE_INIT;

void completion_leave(void)
{
	if (!completion.is_entered)
		return;
	completion.is_entered = false;
	lt_scope_leave(&completion.scope);
}

static void thread_exit(void *value)
{
	completion.is_guarded = false; /* another destructor may still enter one */
	completion_leave();
}

static void make_key(void)
{
	pthread_key_create(&at_thread_exit, thread_exit);
}

static void guard(void)
{
	pthread_once(&once, make_key);
	pthread_setspecific(at_thread_exit, &completion); /* any value but NULL calls thread_exit */
	completion.is_guarded = true;
}

void completion_enter(struct lt_span *parent)
{
	completion_leave();
	if (!completion.is_guarded)
		guard();
	lt_scope_enter(&completion.scope, parent);
	completion.is_entered = true;
	completion.is_result = false;
}

void completion_enter_result(struct lt_span *parent)
{
	if (lt_span_current())
		return;
	completion_enter(parent);
	completion.is_result = true;
}

void completion_leave_result(void)
{
	if (completion.is_entered && completion.is_result)
		completion_leave();
}
