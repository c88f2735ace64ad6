/* SPDX-License-Identifier: Apache-2.0 */
/* pq_library.h - libpq's own functions, as in libpq-fe.h, which the agent is built without.
 *
 * Enumerations are ints here.  Source: https://www.postgresql.org/docs/current/libpq.html; the
 * interface of libpq.so.5 is kept compatible. */
#ifndef LT_AGENT_PQ_LIBRARY_H
#define LT_AGENT_PQ_LIBRARY_H

#include "hook/agent.h"
#include "hook/hook.h"

struct pg_conn;
struct pg_result;
struct pg_cancel;

enum { PQ_CONNECTION_OK = 0 };			   /* of PQstatus() */
enum { PQ_POLLING_FAILED = 0, PQ_POLLING_OK = 3 }; /* of PQconnectPoll() */
enum { PQ_FIELD_SQLSTATE = 'C' };

/* Of PQresultStatus(). */
enum pq_result {
	PQ_COPY_OUT = 3,
	PQ_COPY_IN = 4,
	PQ_BAD_RESPONSE = 5,
	PQ_FATAL_ERROR = 7,
	PQ_COPY_BOTH = 8,
	PQ_PIPELINE_SYNC = 10,
	PQ_PIPELINE_ABORTED = 11,
};

AGENT_HOOK void PQfinish(struct pg_conn *conn);
AGENT_HOOK struct pg_conn *PQconnectdb(const char *info);
AGENT_HOOK struct pg_conn *PQconnectdbParams(
	const char *const *keywords, const char *const *values, int expands);
AGENT_HOOK struct pg_conn *PQsetdbLogin(const char *host, const char *port, const char *options,
	const char *tty, const char *db, const char *login, const char *password);
AGENT_HOOK struct pg_conn *PQconnectStart(const char *info);
AGENT_HOOK struct pg_conn *PQconnectStartParams(
	const char *const *keywords, const char *const *values, int expands);
AGENT_HOOK int PQconnectPoll(struct pg_conn *conn);
AGENT_HOOK struct pg_result *PQexec(struct pg_conn *conn, const char *query);
AGENT_HOOK struct pg_result *PQexecParams(struct pg_conn *conn, const char *query, int n,
	const unsigned *types, const char *const *values, const int *lengths, const int *formats,
	int result_format);
AGENT_HOOK struct pg_result *PQprepare(
	struct pg_conn *conn, const char *name, const char *query, int n, const unsigned *types);
AGENT_HOOK struct pg_result *PQexecPrepared(struct pg_conn *conn, const char *name, int n,
	const char *const *values, const int *lengths, const int *formats, int result_format);
AGENT_HOOK struct pg_result *PQfn(struct pg_conn *conn, int function, int *result, int *length,
	int is_integer, const void *arguments, int n);
AGENT_HOOK int PQcancel(struct pg_cancel *cancel, char *error, int size);
AGENT_HOOK int PQsendQuery(struct pg_conn *conn, const char *query);
AGENT_HOOK int PQsendQueryParams(struct pg_conn *conn, const char *query, int n,
	const unsigned *types, const char *const *values, const int *lengths, const int *formats,
	int result_format);
AGENT_HOOK int PQsendPrepare(
	struct pg_conn *conn, const char *name, const char *query, int n, const unsigned *types);
AGENT_HOOK int PQsendQueryPrepared(struct pg_conn *conn, const char *name, int n,
	const char *const *values, const int *lengths, const int *formats, int result_format);
AGENT_HOOK int PQsendDescribePrepared(struct pg_conn *conn, const char *name);
AGENT_HOOK int PQsendDescribePortal(struct pg_conn *conn, const char *name);
AGENT_HOOK int PQsendClosePrepared(struct pg_conn *conn, const char *name);
AGENT_HOOK int PQsendClosePortal(struct pg_conn *conn, const char *name);
AGENT_HOOK struct pg_result *PQgetResult(struct pg_conn *conn);
AGENT_HOOK int PQconsumeInput(struct pg_conn *conn);
AGENT_HOOK int PQisBusy(struct pg_conn *conn);

/* Its members are in every libpq.so.5, in this order. */
struct pq_option {
	char *keyword, *environment, *compiled, *value, *label, *display;
	int display_size;
};

extern struct pq_option *PQconninfo(struct pg_conn *conn);
extern void PQconninfoFree(struct pq_option *options);
extern int PQstatus(const struct pg_conn *conn);
extern char *PQhost(const struct pg_conn *conn);
extern char *PQport(const struct pg_conn *conn);
extern char *PQdb(const struct pg_conn *conn);
extern const char *PQparameterStatus(const struct pg_conn *conn, const char *name);
extern int PQpipelineStatus(const struct pg_conn *conn);
extern int PQresultStatus(const struct pg_result *result);
extern char *PQresultErrorField(const struct pg_result *result, int field);

/* PQ_REAL(library, PQexec)(conn, query) */
#define PQ_REAL(library, name) HOOK_REAL(libpq, library, name)

#endif
