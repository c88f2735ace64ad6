/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_mhd/mhd_request.h"
#include "http/http.h"
#include "http/url.h"
#include "request/request_span.h"
#include "util/slice.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>

static const struct hook_kind requests = {sizeof(struct mhd_request)};

struct mhd_request *mhd_request_find(struct MHD_Connection *connection)
{
	return (struct mhd_request *)hook_map_find(&requests, connection);
}

struct mhd_request *mhd_request_get(struct MHD_Connection *connection)
{
	struct mhd_request *request = (struct mhd_request *)hook_map_get(&requests, connection);

	if (request)
		request->connection = connection;
	return request;
}

struct mhd_request *mhd_request_remove(struct MHD_Connection *connection)
{
	return (struct mhd_request *)hook_map_remove(&requests, connection);
}

static void request_free(struct mhd_request *request)
{
	lt_span_end(request->span);
	free(request->target);
	free(request);
}

void mhd_request_begin(struct MHD_Connection *connection, const char *target)
{
	struct mhd_request *last = mhd_request_find(connection);

	if (last) /* of a connection that ended unseen */
		request_free(mhd_request_remove(connection));
	struct mhd_request *request = mhd_request_get(connection);
	if (request && target)
		request->target = strndup(target, 2 * URL_MAX_BYTES); /* path and query */
}

/* --- its headers -------------------------------------------------------------------------- */

struct headers {
	struct hook_library *library;
	struct MHD_Connection *connection;
	/* For one of them. */
	struct lt_slice name, value;
	size_t index;
	struct http_request *facts; /* for all */
};

static int find_header(void *cls, int kind, const char *name, const char *value)
{
	struct headers *headers = cls;

	if (!name || !value || !lt_slice_is_word(headers->name, name) || headers->index-- > 0)
		return MHD_YES;
	headers->value = lt_slice(value);
	return MHD_NO; /* that is all */
}

static bool get_header(void *carrier, const char *name, size_t index, struct lt_slice *ret_value)
{
	const struct headers *headers = carrier;
	struct headers search = {.name = lt_slice(name), .index = index};

	MHD_REAL(headers->library, MHD_get_connection_values)
	(headers->connection, MHD_HEADER_KIND, find_header, &search);
	if (!search.value.ptr)
		return false;
	*ret_value = search.value;
	return true;
}

static int read_header(void *cls, int kind, const char *name, const char *value)
{
	if (name && value)
		http_request_header(cls, lt_slice(name), lt_slice(value));
	return MHD_YES;
}

static const struct sockaddr *peer_of(
	struct hook_library *library, struct MHD_Connection *connection)
{
	const union mhd_info *info = MHD_REAL(library, MHD_get_connection_info)(
		connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	return info ? info->client_address : NULL;
}

static struct lt_slice version_of(const char *version)
{
	int number = !version				? 0
		     : strcmp(version, "HTTP/1.1") == 0 ? 0x101
		     : strcmp(version, "HTTP/1.0") == 0 ? 0x100
							: 0;

	return http_version(number);
}

void mhd_request_handle(struct hook_library *library, struct mhd_request *request,
	const char *scheme, const char *method, const char *version)
{
	static const struct lt_carrier_impl impl = {.get = get_header};
	struct headers headers = {.library = library, .connection = request->connection};

	if (request->is_handled)
		return;
	request->is_handled = true;
	struct http_request facts = {
		.method = lt_slice(method ? method : ""),
		.target = lt_slice(request->target),
		.scheme = lt_slice(scheme),
		.version = version_of(version),
		.peer = peer_of(library, request->connection),
		.headers = &impl,
		.carrier = &headers,
	};
	MHD_REAL(library, MHD_get_connection_values)
	(request->connection, MHD_HEADER_KIND, read_header, &facts);
	request->span = request_span_start(mhd_family.tracer, &facts, &request->has_caller);
}

/* --- its end ------------------------------------------------------------------------------ */

/* MHD_END_WITH_ERROR has many reasons. */
static bool has_client_gone(struct hook_library *library, struct MHD_Connection *connection)
{
	const union mhd_info *info = MHD_REAL(library, MHD_get_connection_info)(
		connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct pollfd socket = {.fd = info ? info->fd : -1, .events = POLLRDHUP};

	return poll(&socket, 1, 0) == 1 && socket.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

static const char *error_of(
	struct hook_library *library, const struct mhd_request *request, int end)
{
	switch (end) {
	case MHD_END_COMPLETED_OK:
		return NULL;
	case MHD_END_TIMEOUT_REACHED:
		return "timeout";
	case MHD_END_DAEMON_SHUTDOWN:
		return "shutdown";
	case MHD_END_READ_ERROR:
	case MHD_END_CLIENT_ABORT:
		return HTTP_CONNECTION_CLOSED;
	case MHD_END_WITH_ERROR:
		return !request->is_given_up && has_client_gone(library, request->connection)
			       ? HTTP_CONNECTION_CLOSED
			       : HTTP_RESPONSE_ABORTED;
	default:
		return "_OTHER";
	}
}

void mhd_request_end(struct hook_library *library, struct mhd_request *request, int end)
{
	if (!request)
		return;
	if (request->span)
		request_span_answered(
			request->span, request->status, error_of(library, request, end));
	request_free(request);
}
