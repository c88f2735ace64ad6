/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite_calls.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void append(struct sqlite_call_list *list, struct sqlite_call *call)
{
	call->next = NULL;
	if (list->first)
		list->last->next = call;
	else
		list->first = call;
	list->last = call;
}

/* --- to a thread -------------------------------------------------------------------------- */

void sqlite_queue_init(struct sqlite_queue *queue)
{
	pthread_mutex_init(&queue->mutex, NULL);
	pthread_cond_init(&queue->changed, NULL);
}

void sqlite_queue_done(struct sqlite_queue *queue)
{
	pthread_cond_destroy(&queue->changed);
	pthread_mutex_destroy(&queue->mutex);
}

bool sqlite_queue_add(struct sqlite_queue *queue, struct sqlite_call *call)
{
	pthread_mutex_lock(&queue->mutex);
	bool has_room = queue->n < ORDER_STORE_CALLS_MAX;
	if (has_room) {
		append(&queue->calls, call);
		queue->n++;
		pthread_cond_signal(&queue->changed);
	}
	pthread_mutex_unlock(&queue->mutex);
	return has_room;
}

struct sqlite_call *sqlite_queue_take(struct sqlite_queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	while (!queue->calls.first && !queue->is_closed)
		pthread_cond_wait(&queue->changed, &queue->mutex);
	struct sqlite_call *call = queue->calls.first;
	if (call) {
		queue->calls.first = call->next;
		queue->n--;
	}
	pthread_mutex_unlock(&queue->mutex);
	return call;
}

void sqlite_queue_close(struct sqlite_queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	queue->is_closed = true;
	pthread_cond_signal(&queue->changed);
	pthread_mutex_unlock(&queue->mutex);
}

/* --- back to a loop ----------------------------------------------------------------------- */

static void report(struct sqlite_call *call)
{
	const struct order_store_result result = {
		.error = call->error,
		.reason = call->row.reason,
		.record = {.number = call->row.number,
			.item = call->row.item,
			.qty = call->row.qty},
	};

	if (call->on_end)
		call->on_end(call->user, &result);
}

static void free_all(struct sqlite_call *call)
{
	while (call) {
		struct sqlite_call *next = call->next;
		free(call);
		call = next;
	}
}

static struct sqlite_call *take_ended(struct sqlite_loop *loop)
{
	uint64_t n;

	pthread_mutex_lock(&loop->mutex);
	struct sqlite_call *first = loop->ended.first;
	loop->ended.first = NULL;
	if (loop->fd >= 0) {
		ssize_t n_read = read(loop->fd, &n, sizeof(n)); /* not readable any more */
		(void)n_read;
	}
	pthread_mutex_unlock(&loop->mutex);
	return first;
}

static void on_ended(h2o_socket_t *sock, const char *err)
{
	struct sqlite_call *first = take_ended(sock->data);

	for (struct sqlite_call *call = first; call; call = call->next)
		report(call);
	free_all(first);
}

int sqlite_loop_start(struct sqlite_loop *loop, h2o_loop_t *h2o)
{
	loop->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->fd < 0)
		return -errno;
	pthread_mutex_init(&loop->mutex, NULL);
	loop->sock = h2o_evloop_socket_create(h2o, loop->fd, H2O_SOCKET_FLAG_DONT_READ);
	loop->sock->data = loop;
	h2o_socket_read_start(loop->sock, on_ended);
	return 0;
}

void sqlite_loop_stop(struct sqlite_loop *loop)
{
	pthread_mutex_lock(&loop->mutex);
	loop->fd = -1;
	pthread_mutex_unlock(&loop->mutex);
	h2o_socket_read_stop(loop->sock);
	h2o_socket_close(loop->sock);
	free_all(take_ended(loop));
}

void sqlite_loop_done(struct sqlite_loop *loop)
{
	free_all(take_ended(loop));
	pthread_mutex_destroy(&loop->mutex);
	free(loop);
}

void sqlite_call_end(struct sqlite_call *call)
{
	struct sqlite_loop *loop = call->loop;
	uint64_t one = 1;

	if (call->context.release)
		call->context.release(call->context.data);
	pthread_mutex_lock(&loop->mutex);
	if (loop->fd >= 0) {
		append(&loop->ended, call);
		call = NULL;
		ssize_t written = write(loop->fd, &one, sizeof(one));
		(void)written; /* it can only fail when it is readable already */
	}
	pthread_mutex_unlock(&loop->mutex);
	free(call);
}
