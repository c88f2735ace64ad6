/* SPDX-License-Identifier: Apache-2.0 */
#include "otlp/json_load.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local bool is_out_of_memory; /* an allocation of jansson's has failed */

static void *allocate(size_t size)
{
	void *memory = malloc(size);
	is_out_of_memory |= !memory;
	return memory;
}

static void watch_jansson(void)
{
	json_set_alloc_funcs(allocate, free); /* what it has from malloc() so far may stay */
}

int json_load(struct lt_slice text, size_t flags, json_error_t *ret_error, json_t **ret_json)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, watch_jansson);
	is_out_of_memory = false;
	json_t *json = json_loadb(text.ptr, text.len, flags, ret_error);
	if (is_out_of_memory) { /* also where it has returned something: cut text, say */
		json_decref(json);
		snprintf(ret_error->text, sizeof(ret_error->text), "out of memory");
		return -ENOMEM;
	}
	if (!json)
		return -EBADMSG;
	*ret_json = json;
	return 0;
}
