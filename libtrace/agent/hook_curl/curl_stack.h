/* SPDX-License-Identifier: Apache-2.0 */
/* curl_stack.h - the agent's state of one multi handle: its easy handles, and the messages that the
 * agent has read before the program.
 *
 * libcurl reports a transfer's result only by the message that curl_multi_info_read() returns once.
 * A program that removes the handle without reading it discards the message, so the agent reads it
 * first.  Messages of other transfers before it are kept, and the program gets them in order when
 * it reads.
 *
 * A multi handle and its easy handles are used by one thread at a time (libcurl's own rule). */
#ifndef LT_AGENT_CURL_STACK_H
#define LT_AGENT_CURL_STACK_H

#include "hook_curl/curl_functions.h"
#include "hook_curl/curl_handle.h"

struct curl_stack {
	struct hook_entry entry;
	CURLM *multi;
	struct curl_link members; /* curl_handle.member, in the order in which they were added */
	size_t n_undriven;	  /* the last of them, not yet started by libcurl */
	struct curl_link unread;  /* curl_handle.unread: the messages read ahead, in their order */
	int n_unread;
};

/** The state of a multi handle, or NULL. */
struct curl_stack *curl_stack_find(CURLM *multi);

/** Records that an easy handle was added; out of memory, it is not recorded. */
void curl_stack_add(CURLM *multi, struct curl_handle *handle);

/** Records that an easy handle has left its multi handle, if it was in one, with its message. */
void curl_stack_leave(struct curl_handle *handle);

/** The program is about to drive a multi handle: new transfers start. */
void curl_stack_drive(CURLM *multi);

/** Sets is_finished of an easy handle, and of those that finished before it, if libcurl has
 * finished them.  Call it before the handle is removed, which discards its message. */
void curl_stack_look(struct hook_library *library, struct curl_handle *handle);

/** The same for all of them. */
void curl_stack_look_at_all(struct hook_library *library, struct curl_stack *stack);

/** curl_multi_info_read(): the next message, kept here or in libcurl's queue. */
CURLMsg *curl_stack_read(struct hook_library *library, CURLM *multi, int *n_left);

/** Removes it from the map: curl_multi_cleanup() is about to be called. */
void curl_stack_remove(struct curl_stack *stack);

/** Puts it back, since that was refused. */
void curl_stack_put_back(struct curl_stack *stack);

/** A member of a multi handle that is gone; NULL: no more. */
struct curl_handle *curl_stack_take_member(struct curl_stack *stack);

#endif
