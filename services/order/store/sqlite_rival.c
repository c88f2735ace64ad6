/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_rival.c - its transaction is one text, so that it is one span as well, as long as the lock is
 * held: lock_orders(), a function of SQL that takes its time, is called while it has the lock. */
#include "sqlite_rival.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sqlite3.h>

enum state { IDLE, WANTED, LOCKED, COMMITTING, STOPPED };

struct sqlite_rival {
	sqlite3 *db;
	const atomic_uint *lock_ms;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	enum state state; /* mutex held */
};

static void set_state(struct sqlite_rival *rival, enum state state)
{
	rival->state = state;
	pthread_cond_broadcast(&rival->changed);
}

/* SQL: lock_orders() */
static void lock_orders(sqlite3_context *context, int n, sqlite3_value **values)
{
	struct sqlite_rival *rival = sqlite3_user_data(context);
	unsigned lock_ms = atomic_load(rival->lock_ms);
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += lock_ms / 1000;
	end.tv_nsec += (long)(lock_ms % 1000) * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_sec++;
		end.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&rival->mutex);
	if (rival->state == WANTED)
		set_state(rival, LOCKED);
	while (rival->state == LOCKED &&
		pthread_cond_timedwait(&rival->changed, &rival->mutex, &end) == 0)
		continue;
	if (rival->state == LOCKED)
		set_state(rival, COMMITTING);
	pthread_mutex_unlock(&rival->mutex);
	sqlite3_result_int(context, (int)lock_ms);
}

static void *run(void *user)
{
	struct sqlite_rival *rival = user;

	pthread_mutex_lock(&rival->mutex);
	while (rival->state != STOPPED) {
		if (rival->state == IDLE) {
			pthread_cond_wait(&rival->changed, &rival->mutex);
			continue;
		}
		pthread_mutex_unlock(&rival->mutex);
		if (sqlite3_exec(rival->db, "BEGIN IMMEDIATE; SELECT lock_orders(); COMMIT", NULL,
			    NULL, NULL) != SQLITE_OK)
			sqlite3_exec(rival->db, "ROLLBACK", NULL, NULL, NULL);
		pthread_mutex_lock(&rival->mutex);
		if (rival->state != STOPPED)
			set_state(rival, IDLE);
	}
	pthread_mutex_unlock(&rival->mutex);
	return NULL;
}

void sqlite_rival_lock(struct sqlite_rival *rival)
{
	if (atomic_load(rival->lock_ms) == 0)
		return;
	pthread_mutex_lock(&rival->mutex);
	while (rival->state == COMMITTING)
		pthread_cond_wait(&rival->changed, &rival->mutex);
	if (rival->state == IDLE)
		set_state(rival, WANTED);
	while (rival->state == WANTED)
		pthread_cond_wait(&rival->changed, &rival->mutex);
	pthread_mutex_unlock(&rival->mutex);
}

int sqlite_rival_new(const char *file, const atomic_uint *lock_ms, unsigned timeout_ms,
	char why[ORDER_STORE_WHY_BYTES], struct sqlite_rival **ret_rival)
{
	struct sqlite_rival *rival = calloc(1, sizeof(*rival));
	pthread_condattr_t monotonic;

	if (!rival)
		return -ENOMEM;
	rival->lock_ms = lock_ms;
	pthread_mutex_init(&rival->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&rival->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (sqlite3_open_v2(file, &rival->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ==
			SQLITE_OK &&
		sqlite3_busy_timeout(rival->db, (int)timeout_ms) == SQLITE_OK &&
		sqlite3_create_function(rival->db, "lock_orders", 0, SQLITE_UTF8, rival,
			lock_orders, NULL, NULL) == SQLITE_OK &&
		pthread_create(&rival->thread, NULL, run, rival) == 0) {
		*ret_rival = rival;
		return 0;
	}
	snprintf(why, ORDER_STORE_WHY_BYTES, "cannot be opened by a second writer");
	sqlite3_close(rival->db);
	free(rival);
	return -EIO;
}

void sqlite_rival_free(struct sqlite_rival *rival)
{
	if (!rival)
		return;
	pthread_mutex_lock(&rival->mutex);
	set_state(rival, STOPPED);
	pthread_mutex_unlock(&rival->mutex);
	pthread_join(rival->thread, NULL);
	sqlite3_close(rival->db);
	pthread_cond_destroy(&rival->changed);
	pthread_mutex_destroy(&rival->mutex);
	free(rival);
}
