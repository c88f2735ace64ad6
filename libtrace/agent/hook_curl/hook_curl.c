/* SPDX-License-Identifier: Apache-2.0 */
/* hook_curl.c - wrappers of libcurl's functions.
 *
 * Each calls the real function exactly once, with the program's arguments but for the header list,
 * and returns its result; but curl_multi_info_read may be called ahead of the program
 * (curl_stack.h). */
#include "hook/agent.h"
#include "hook/completion.h"
#include "hook/follow.h"
#include "hook_curl/curl_stack.h"
#include "hook_curl/curl_transfer.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

/* curl_easy_setopt takes a long, a pointer, a function or a curl_off_t: on the LP64 ABIs of Linux
 * all of them are passed as one general register, so that one read of pointer size serves all.  A
 * 32-bit curl_off_t would take two. */
_Static_assert(sizeof(void *) == 8 && sizeof(long) == 8 && sizeof(curl_off_t) == 8,
	"curl_easy_setopt is wrapped for 64-bit systems");

/* The call at hand; a macro, since the return address is the wrapper's. */
#define THIS_CALL() hook_call(&curl_family, __builtin_return_address(0))

/* Whether the program's call may start a span. */
static bool may_trace(const struct hook_call *call)
{
	return curl_family.tracer && !call->internal && !lt_suppressed();
}

/* The handle's state for a call of the program; settings are recorded even while suppressed. */
static struct curl_handle *handle_of(const struct hook_call *call, CURL *easy)
{
	return curl_family.tracer && !call->internal && easy ? curl_handle_find(easy) : NULL;
}

/* The program ends a transfer by removing its handle. */
static void end_transfer(const struct hook_call *call, struct curl_handle *handle)
{
	if (!handle->is_running)
		return;
	if (handle->is_finished)
		curl_transfer_finish(call->target, handle, handle->result);
	else
		curl_transfer_abandon(call->target, handle);
}

AGENT_HOOK CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
	const struct hook_call call = THIS_CALL();
	struct curl_handle *handle = NULL;
	va_list arguments;

	va_start(arguments, option);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (!call.target)
		return CURLE_FAILED_INIT;
	if (curl_family.tracer && !call.internal && easy && curl_handle_notes(option))
		handle = curl_handle_get(easy);
	if (!handle)
		return CURL_REAL(call.target, curl_easy_setopt)(easy, option, argument);

	if (option == CURLOPT_HTTPHEADER && handle->is_injected) {
		/* During a transfer the new list also goes after our lines. */
		handle->settings.headers = argument;
		return CURL_REAL(call.target, curl_easy_setopt)(
			easy, option, curl_injection_link(&handle->injection, argument));
	}
	const CURLcode result = CURL_REAL(call.target, curl_easy_setopt)(easy, option, argument);
	if (result == CURLE_OK)
		curl_handle_note(handle, option, argument);
	return result;
}

AGENT_HOOK CURLcode curl_easy_perform(CURL *easy)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return CURLE_FAILED_INIT;
	struct curl_handle *handle = may_trace(&call) ? handle_of(&call, easy) : NULL;
	if (!handle || handle->is_running) /* running in a multi handle: libcurl refuses it */
		return CURL_REAL(call.target, curl_easy_perform)(easy);

	curl_transfer_start(call.target, handle);
	const CURLcode result = CURL_REAL(call.target, curl_easy_perform)(easy);
	int saved_errno = errno;
	curl_transfer_finish(call.target, handle, result);
	errno = saved_errno;
	return result;
}

AGENT_HOOK void curl_easy_cleanup(CURL *easy)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	struct curl_handle *handle = handle_of(&call, easy);
	if (handle) {
		if (handle->stack && handle->is_running)
			curl_stack_look(call.target, handle);
		end_transfer(&call, handle);
		curl_stack_leave(handle);
		/* Before another thread can be given the same address for a new handle. */
		curl_handle_remove(handle);
	}
	CURL_REAL(call.target, curl_easy_cleanup)(easy);
	curl_handle_free(handle);
}

AGENT_HOOK void curl_easy_reset(CURL *easy)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return;
	struct curl_handle *handle = handle_of(&call, easy);
	CURL_REAL(call.target, curl_easy_reset)(easy);
	if (handle) {
		handle->is_injected = false; /* libcurl has dropped our list with the program's */
		curl_handle_reset(handle);
	}
}

AGENT_HOOK CURL *curl_easy_duphandle(CURL *easy)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return NULL;
	CURL *copy = CURL_REAL(call.target, curl_easy_duphandle)(easy);
	const struct curl_handle *handle = handle_of(&call, easy);
	struct curl_handle *copied = copy && handle ? curl_handle_get(copy) : NULL;
	if (copied)
		curl_handle_copy(copied, handle);
	__typeof__(curl_easy_setopt) *set = CURL_REAL(call.target, curl_easy_setopt);
	if (copy && handle && handle->is_injected)
		set(copy, CURLOPT_HTTPHEADER, handle->settings.headers);
	return copy;
}

AGENT_HOOK CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return CURLM_BAD_HANDLE;
	follow_pause(); /* the timers that the program sets for libcurl are the multi handle's */
	const CURLMcode result = CURL_REAL(call.target, curl_multi_add_handle)(multi, easy);
	follow_go_on();
	struct curl_handle *handle = result == CURLM_OK ? handle_of(&call, easy) : NULL;
	if (!handle)
		return result;
	if (handle->is_running) /* its multi handle has gone unobserved, else libcurl refuses */
		curl_transfer_abandon(call.target, handle);
	if (may_trace(&call))
		curl_transfer_start(call.target, handle);
	curl_stack_add(multi, handle);
	return result;
}

AGENT_HOOK CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return CURLM_BAD_HANDLE;
	struct curl_handle *handle = handle_of(&call, easy);
	if (handle && handle->is_running && handle->stack && handle->stack->multi == multi)
		curl_stack_look(call.target, handle);
	follow_pause(); /* the timers that the program sets for libcurl are the multi handle's */
	const CURLMcode result = CURL_REAL(call.target, curl_multi_remove_handle)(multi, easy);
	follow_go_on();
	if (!handle || result != CURLM_OK)
		return result;
	curl_stack_leave(handle);
	end_transfer(&call, handle);
	return result;
}

AGENT_HOOK CURLMcode curl_multi_cleanup(CURLM *multi)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return CURLM_BAD_HANDLE;
	struct curl_stack *stack =
		curl_family.tracer && !call.internal && multi ? curl_stack_find(multi) : NULL;
	if (!stack)
		return CURL_REAL(call.target, curl_multi_cleanup)(multi);

	curl_stack_look_at_all(call.target, stack);
	/* Before another thread can be given the same address for a new handle. */
	curl_stack_remove(stack);
	const CURLMcode result = CURL_REAL(call.target, curl_multi_cleanup)(multi);
	if (result != CURLM_OK) { /* refused when called from a callback */
		curl_stack_put_back(stack);
		return result;
	}
	for (struct curl_handle *handle; (handle = curl_stack_take_member(stack));)
		end_transfer(&call, handle);
	free(stack);
	return result;
}

AGENT_HOOK CURLMsg *curl_multi_info_read(CURLM *multi, int *n_left)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return NULL;
	if (!call.internal)
		completion_leave();
	CURLMsg *message = curl_family.tracer && !call.internal
				   ? curl_stack_read(call.target, multi, n_left)
				   : CURL_REAL(call.target, curl_multi_info_read)(multi, n_left);
	if (!message || message->msg != CURLMSG_DONE)
		return message;

	struct curl_handle *handle = handle_of(&call, message->easy_handle);
	if (handle && handle->is_running) {
		completion_enter(handle->parent);
		curl_transfer_finish(call.target, handle, message->data.result);
	}
	return message;
}

/* A multi handle works for all that use it: in the callbacks that libcurl makes meanwhile nobody's span
 * is current, whoever drives it. */
static bool enter_nothing(const struct hook_call *call, struct lt_scope *scope)
{
	if (!curl_family.tracer || call->internal || !lt_span_current())
		return false;
	lt_scope_enter(scope, NULL);
	return true;
}

/* The program drives libcurl. */
static void going_on(CURLM *multi)
{
	completion_leave();
	if (curl_family.tracer)
		curl_stack_drive(multi);
}

AGENT_HOOK CURLMcode curl_multi_perform(CURLM *multi, int *n_running)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return CURLM_BAD_HANDLE;
	if (!call.internal)
		going_on(multi);
	struct lt_scope scope;
	bool has_scope = enter_nothing(&call, &scope);
	const CURLMcode result = CURL_REAL(call.target, curl_multi_perform)(multi, n_running);
	if (has_scope)
		lt_scope_leave(&scope);
	return result;
}

AGENT_HOOK CURLMcode curl_multi_socket_action(
	CURLM *multi, curl_socket_t socket, int events, int *n_running)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target)
		return CURLM_BAD_HANDLE;
	if (!call.internal)
		going_on(multi);
	struct lt_scope scope;
	bool has_scope = enter_nothing(&call, &scope);
	const CURLMcode result =
		CURL_REAL(call.target, curl_multi_socket_action)(multi, socket, events, n_running);
	if (has_scope)
		lt_scope_leave(&scope);
	return result;
}

/* --- URLs in parts ------------------------------------------------------------------------ */

AGENT_HOOK CURLUcode curl_url_set(CURLU *url, CURLUPart what, const char *part, unsigned flags)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target || !CURL_REAL(call.target, curl_url_set))
		return CURLUE_BAD_HANDLE;
	const CURLUcode result = CURL_REAL(call.target, curl_url_set)(url, what, part, flags);
	if (!call.internal)
		curl_url_changed();
	return result;
}

AGENT_HOOK void curl_url_cleanup(CURLU *url)
{
	const struct hook_call call = THIS_CALL();

	if (!call.target || !CURL_REAL(call.target, curl_url_cleanup))
		return;
	if (!call.internal)
		curl_url_changed();
	CURL_REAL(call.target, curl_url_cleanup)(url);
}
