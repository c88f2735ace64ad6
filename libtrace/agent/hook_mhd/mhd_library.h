/* SPDX-License-Identifier: Apache-2.0 */
/* mhd_library.h - libmicrohttpd's own functions, as in microhttpd.h, which the agent is built
 * without.  An enum is an int here.
 *
 * Source: https://git.gnunet.org/libmicrohttpd.git/tree/src/include/microhttpd.h; its interface is
 * kept compatible within libmicrohttpd.so.12 */
#ifndef LT_AGENT_MHD_LIBRARY_H
#define LT_AGENT_MHD_LIBRARY_H

#include "hook/agent.h"
#include "hook/hook.h"
#include <stdarg.h>

struct MHD_Connection;
struct MHD_Daemon;
struct MHD_Response;
struct sockaddr;

enum mhd_result { MHD_NO = 0, MHD_YES = 1 };

#define MHD_USE_TLS 2u /* of MHD_FLAG */

#define MHD_HEADER_KIND 1 /* of MHD_ValueKind */

/* enum MHD_ConnectionInfoType */
enum mhd_info_kind {
	MHD_CONNECTION_INFO_CLIENT_ADDRESS = 2,
	MHD_CONNECTION_INFO_CONNECTION_FD = 6
};

union mhd_info {
	int fd;
	const struct sockaddr *client_address;
};

/* enum MHD_RequestTerminationCode */
enum mhd_end {
	MHD_END_COMPLETED_OK,
	MHD_END_WITH_ERROR, /* of MHD's, the program's, or in sending */
	MHD_END_TIMEOUT_REACHED,
	MHD_END_DAEMON_SHUTDOWN,
	MHD_END_READ_ERROR,
	MHD_END_CLIENT_ABORT,
};

typedef int (*mhd_accept_function)(void *cls, const struct sockaddr *address, unsigned len);
typedef int (*mhd_handler_function)(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_bytes,
	void **con_cls);
typedef void (*mhd_completed_function)(
	void *cls, struct MHD_Connection *connection, void **con_cls, int end);
typedef void *(*mhd_uri_function)(void *cls, const char *uri, struct MHD_Connection *connection);
typedef int (*mhd_value_function)(void *cls, int kind, const char *key, const char *value);

AGENT_HOOK struct MHD_Daemon *MHD_start_daemon(unsigned flags, uint16_t port,
	mhd_accept_function accept, void *accept_cls, mhd_handler_function handler,
	void *handler_cls, ...);
AGENT_HOOK struct MHD_Daemon *MHD_start_daemon_va(unsigned flags, uint16_t port,
	mhd_accept_function accept, void *accept_cls, mhd_handler_function handler,
	void *handler_cls, va_list options);
AGENT_HOOK void MHD_stop_daemon(struct MHD_Daemon *daemon);
AGENT_HOOK int MHD_queue_response(
	struct MHD_Connection *connection, unsigned status, struct MHD_Response *response);
AGENT_HOOK void MHD_destroy_response(struct MHD_Response *response);

extern int MHD_get_connection_values(
	struct MHD_Connection *connection, int kind, mhd_value_function function, void *cls);
extern const union mhd_info *MHD_get_connection_info(
	struct MHD_Connection *connection, int kind, ...);
extern int MHD_add_response_header(
	struct MHD_Response *response, const char *name, const char *value);
extern const char *MHD_get_response_header(struct MHD_Response *response, const char *name);

/* MHD_REAL(library, MHD_stop_daemon)(daemon) */
#define MHD_REAL(library, name) HOOK_REAL(mhd, library, name)

#endif
