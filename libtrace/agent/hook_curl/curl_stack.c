/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_curl/curl_stack.h"
#include <libtrace/instrumentation.h>
#include <stdlib.h>

#define HANDLE_OF(link, field)                                                                     \
	((struct curl_handle *)((char *)(link)-offsetof(struct curl_handle, field)))

static void append(struct curl_link *ring, struct curl_link *link)
{
	*link = (struct curl_link){ring->previous, ring};
	ring->previous->next = link;
	ring->previous = link;
}

static const struct hook_kind multi_handles = {sizeof(struct curl_stack)};

static void unlink(struct curl_link *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
}

struct curl_stack *curl_stack_find(CURLM *multi)
{
	return (struct curl_stack *)hook_map_find(&multi_handles, multi);
}

static struct curl_stack *get(CURLM *multi)
{
	struct curl_stack *stack = (struct curl_stack *)hook_map_get(&multi_handles, multi);

	if (stack && !stack->multi) {
		stack->multi = multi;
		stack->members = (struct curl_link){&stack->members, &stack->members};
		stack->unread = (struct curl_link){&stack->unread, &stack->unread};
	}
	return stack;
}

static void join(struct curl_stack *stack, struct curl_handle *handle)
{
	handle->stack = stack;
	handle->is_undriven = true;
	append(&stack->members, &handle->member);
	stack->n_undriven++;
}

void curl_stack_add(CURLM *multi, struct curl_handle *handle)
{
	struct curl_stack *stack = get(multi);

	curl_stack_leave(handle); /* a multi handle whose end was not observed */
	if (stack)
		join(stack, handle);
}

/* The message is no longer kept here. */
static void forget_message(struct curl_handle *handle)
{
	unlink(&handle->unread);
	handle->message = NULL;
	handle->stack->n_unread--;
}

void curl_stack_leave(struct curl_handle *handle)
{
	if (!handle->stack)
		return;
	if (handle->message)
		forget_message(handle);
	unlink(&handle->member);
	if (handle->is_undriven)
		handle->stack->n_undriven--;
	handle->stack = NULL;
}

void curl_stack_drive(CURLM *multi)
{
	struct curl_stack *stack = curl_stack_find(multi);

	if (!stack || !stack->n_undriven)
		return;
	uint64_t now_ns = lt_clock_now_ns();
	struct curl_link *link = stack->members.previous;
	for (; stack->n_undriven; stack->n_undriven--, link = link->previous) {
		struct curl_handle *handle = HANDLE_OF(link, member);
		handle->is_undriven = false;
		handle->driven_ns = now_ns;
	}
}

/* Moves the next message from libcurl's queue to ours; false: there was none. */
static bool read_ahead(struct hook_library *library, struct curl_stack *stack)
{
	int n_left;
	CURLMsg *message = CURL_REAL(library, curl_multi_info_read)(stack->multi, &n_left);
	struct curl_handle *handle = message ? curl_handle_get(message->easy_handle) : NULL;

	if (!handle)
		return false;
	if (handle->stack != stack) { /* it was added while instrumentation was suppressed */
		curl_stack_leave(handle);
		join(stack, handle);
	}
	handle->message = message;
	append(&stack->unread, &handle->unread);
	stack->n_unread++;
	handle->is_finished = true;
	handle->result = message->data.result;
	return true;
}

void curl_stack_look(struct hook_library *library, struct curl_handle *handle)
{
	while (!handle->message && read_ahead(library, handle->stack))
		;
}

void curl_stack_look_at_all(struct hook_library *library, struct curl_stack *stack)
{
	while (read_ahead(library, stack))
		;
}

CURLMsg *curl_stack_read(struct hook_library *library, CURLM *multi, int *n_left)
{
	struct curl_stack *stack = curl_stack_find(multi);

	if (!stack || !stack->n_unread)
		return CURL_REAL(library, curl_multi_info_read)(multi, n_left);
	curl_stack_look_at_all(library, stack); /* so that the remaining ones are counted */
	struct curl_handle *handle = HANDLE_OF(stack->unread.next, unread);
	CURLMsg *message = handle->message;
	forget_message(handle);
	*n_left = stack->n_unread;
	return message;
}

void curl_stack_remove(struct curl_stack *stack)
{
	hook_map_remove(&multi_handles, stack->multi);
}

void curl_stack_put_back(struct curl_stack *stack)
{
	hook_map_put_back(&stack->entry);
}

struct curl_handle *curl_stack_take_member(struct curl_stack *stack)
{
	if (stack->members.next == &stack->members)
		return NULL;
	struct curl_handle *handle = HANDLE_OF(stack->members.next, member);
	curl_stack_leave(handle);
	return handle;
}
