/* SPDX-License-Identifier: Apache-2.0 */
/* queries.c - what a query of SQLite's takes its caller: of a prepared statement, and by
 * sqlite3_exec(), in a database in memory.  Prints both in nanoseconds of the thread's CPU time.
 *
 *   queries N    queries that are timed, of each kind, so few that all spans find a place */
#include "measure.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Until the memory of the timed queries' spans has been used once, and is free again. */
#define WARM_UP 2000
#define SETTLE_S 2
#define QUERY "SELECT item FROM orders WHERE id = 7"

typedef int exec_function(void *db, const char *sql, void *row, void *user, char **ret_error);

static void *library;
static void *db, *statement;
static int (*step)(void *statement), (*reset)(void *statement);
static exec_function *exec;

/* By dlsym, so that SQLite's headers are not needed. */
static void *function(const char *name)
{
	void *found = dlsym(library, name);

	if (!found) {
		fprintf(stderr, "queries: no %s\n", name);
		exit(1);
	}
	return found;
}

static void open_database(void)
{
	library = dlopen("libsqlite3.so.0", RTLD_NOW);
	if (!library) {
		fprintf(stderr, "queries: %s\n", dlerror());
		exit(77);
	}
	int (*open)(const char *, void **) =
		(int (*)(const char *, void **))function("sqlite3_open");
	int (*prepare)(void *, const char *, int, void **, const char **) = (int (*)(
		void *, const char *, int, void **, const char **))function("sqlite3_prepare_v2");
	exec = (exec_function *)function("sqlite3_exec");
	step = (int (*)(void *))function("sqlite3_step");
	reset = (int (*)(void *))function("sqlite3_reset");
	if (open(":memory:", &db) ||
		exec(db,
			"CREATE TABLE orders(id INTEGER PRIMARY KEY, item TEXT);"
			"INSERT INTO orders VALUES (7, 'widget')",
			NULL, NULL, NULL) ||
		prepare(db, QUERY, -1, &statement, NULL)) {
		fprintf(stderr, "queries: SQLite fails\n");
		exit(1);
	}
}

static void query_prepared(void)
{
	step(statement);
	step(statement);
	reset(statement);
}

static void query_text(void)
{
	exec(db, QUERY, NULL, NULL, NULL);
}

static double time_ns(void (*query)(void), int n)
{
	for (int i = 0; i < WARM_UP; i++)
		query();
	sleep(SETTLE_S);
	double began_ns = measure_ns(CLOCK_THREAD_CPUTIME_ID);
	for (int i = 0; i < n; i++)
		query();
	return (measure_ns(CLOCK_THREAD_CPUTIME_ID) - began_ns) / n;
}

int main(int argc, char **argv)
{
	int n = argc == 2 ? atoi(argv[1]) : 0;

	if (n <= 0)
		return 2;
	open_database();
	double prepared_ns = time_ns(query_prepared, n);
	printf("%.1f %.1f\n", prepared_ns, time_ns(query_text, n));
	return 0;
}
