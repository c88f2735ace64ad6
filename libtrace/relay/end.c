/* SPDX-License-Identifier: Apache-2.0 */
#include "end.h"

#include <libtrace/semconv.h>
#include <libtrace/testing.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

/* As of linux/pidfd.h, which is newer than what we build on.
 * Source: https://man7.org/linux/man-pages/man2/PIDFD_GET_INFO.2const.html */
struct info {
	uint64_t mask, cgroup_id;
	uint32_t ids[11];
	int32_t exit_code; /* as of waitpid */
};
#define INFO_EXIT (UINT64_C(1) << 3)
#define GET_INFO _IOWR(0xFF, 11, struct info)

_Static_assert(sizeof(struct info) == 64, "the kernel's first version");

bool end_read(int pidfd, struct end *end)
{
	struct info info = {.mask = INFO_EXIT};
	if (ioctl(pidfd, GET_INFO, &info) != 0 || !(info.mask & INFO_EXIT))
		return false;
	if (WIFSIGNALED(info.exit_code)) {
		end->cause = END_SIGNAL;
		end->number = WTERMSIG(info.exit_code);
	} else {
		end->cause = END_EXIT;
		end->number = WEXITSTATUS(info.exit_code);
	}
	return true;
}

/* In words for the status, and as error.type. */
static void describe(const struct end *end, char text[96], char type[32])
{
	const char *name = end->cause == END_SIGNAL ? sigabbrev_np(end->number) : NULL;
	switch (end->cause) {
	case END_EXIT:
		snprintf(text, 96, "the process exited with code %d", end->number);
		snprintf(type, 32, "process_exit");
		break;
	case END_SIGNAL:
		snprintf(type, 32, "SIG%s", name ? name : "NAL");
		snprintf(text, 96, "the process was killed by signal %d (%s)", end->number, type);
		break;
	case END_KILLED:
		snprintf(text, 96, "the process was killed by a signal, or called _exit()");
		snprintf(type, 32, "process_killed");
		break;
	case END_MEMORY:
		snprintf(text, 96, "the kernel killed the process for lack of memory");
		snprintf(type, 32, "out_of_memory");
		break;
	case END_EXEC:
		snprintf(text, 96, "the process executed another program");
		snprintf(type, 32, "process_exec");
		break;
	default:
		snprintf(text, 96, "the process ended");
		snprintf(type, 32, "process_end");
	}
}

static void add_event(const struct end *end, struct span_copy *span, struct lt_attr attr)
{
	static const struct lt_attribute_limits limits = {.count = 2, .value_length = UINT32_MAX};
	struct lt_span_data *data = &span->data;
	struct lt_event *events =
		lt_arena_alloc(&span->arena, (data->n_events + 1) * sizeof(*events));
	if (!events)
		return;
	if (data->n_events)
		memcpy(events, data->events, data->n_events * sizeof(*events));
	struct lt_event *event = &events[data->n_events++];
	*event = (struct lt_event){.time_ns = end->time_ns, .name = lt_slice("process.end")};
	struct lt_attributes_room room = {0};
	lt_attributes_add(&event->attrs, &room, &span->arena, &limits, &attr, 1);
	data->events = events;
}

void end_apply(const struct end *end, struct span_copy *span)
{
	static const struct lt_attribute_limits limits = {
		.count = UINT32_MAX, .value_length = UINT32_MAX};
	struct lt_span_data *data = &span->data;
	char text[96], type[32];
	describe(end, text, type);
	data->end_ns = end->time_ns > data->start_ns ? end->time_ns : data->start_ns;
	data->status = LT_STATUS_ERROR;
	if (!lt_arena_copy(&span->arena, lt_slice(text), &data->status_text))
		data->status_text = (struct lt_slice){"", 0};
	if (!lt_attributes_find(&data->attrs, LT_ERROR_TYPE)) {
		/* The set is added to where it is: it has no filter of its keys and no room. */
		struct lt_attributes_room room = {.capacity = data->attrs.n};
		struct lt_attr attr = lt_str(LT_ERROR_TYPE, type);
		lt_attributes_add(&data->attrs, &room, &span->arena, &limits, &attr, 1);
	}
	if (end->cause == END_EXIT)
		add_event(end, span, lt_int("process.exit.code", end->number));
	else
		add_event(end, span, lt_str(LT_ERROR_TYPE, type));
}
