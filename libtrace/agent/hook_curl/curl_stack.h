/* SPDX-License-Identifier: Apache-2.0 */
/* curl_stack.h - what the agent knows of one multi handle: the easy handles in it, and the messages
 * that it has read before the program.
 *
 * libcurl tells how a transfer ended in one way only, the message that curl_multi_info_read() hands
 * out once.  A program that does not read it, but removes the handle when none is running any more,
 * takes it from the queue unseen: so the agent reads it first.  It may find other transfers'
 * messages before it; those it keeps, and the program gets them in their order when it reads.
 *
 * A multi handle and its easy handles are used by one thread at a time (libcurl's own rule).
 */
#ifndef LT_AGENT_CURL_STACK_H
#define LT_AGENT_CURL_STACK_H

#include "hook_curl/curl_functions.h"
#include "hook_curl/curl_handle.h"

struct curl_stack {
	struct curl_entry entry;
	CURLM *multi;
	struct curl_link members; /* curl_handle.member, in the order in which they were added */
	size_t n_undriven;	  /* the last ones of them that libcurl has not begun with */
	struct curl_link unread;  /* curl_handle.unread: the messages read ahead, in their order */
	int n_unread;
};

/** What is known of a multi handle, or NULL. */
struct curl_stack *curl_stack_find(CURLM *multi);

/** Notes that a multi handle has taken an easy handle; without memory that is not known. */
void curl_stack_add(CURLM *multi, struct curl_handle *handle);

/** Notes that an easy handle has left its multi handle, if it was in one, with its message. */
void curl_stack_leave(struct curl_handle *handle);

/** The program is about to let a multi handle's transfers go on: the new ones begin. */
void curl_stack_drive(CURLM *multi);

/**
 * Sets is_finished of an easy handle in the stack, and of what finished before it, where libcurl
 * has finished with them.  To be called before the handle is taken out, with which its message
 * goes.
 */
void curl_stack_look(struct hook_library *library, struct curl_handle *handle);

/** The same for all of them. */
void curl_stack_look_at_all(struct hook_library *library, struct curl_stack *stack);

/** curl_multi_info_read(): the next message, be it kept here or in libcurl's own queue. */
CURLMsg *curl_stack_read(struct hook_library *library, CURLM *multi, int *n_left);

/** Takes it out of the map: curl_multi_cleanup() is about to be called. */
void curl_stack_remove(struct curl_stack *stack);

/** Puts it back, since that was refused. */
void curl_stack_put_back(struct curl_stack *stack);

/** A member, whose multi handle is gone now; NULL: no more. */
struct curl_handle *curl_stack_take_member(struct curl_stack *stack);

#endif
