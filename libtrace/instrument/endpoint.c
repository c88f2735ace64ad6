/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.c - see endpoint.h. */
#include "endpoint.h"
#include "url.h"
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_S 2 /* for a connection, then for the answer */

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp */
static int read_endpoint(struct url *url)
{
	const char *traces = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
	const char *base = variable("OTEL_EXPORTER_OTLP_ENDPOINT");
	char text[URL_MAX_BYTES];

	if (traces) {
		snprintf(text, sizeof(text), "%s", traces);
	} else {
		if (!base)
			base = "http://localhost:4318";
		const size_t len = strlen(base);
		snprintf(
			text, sizeof(text), "%s%sv1/traces", base, base[len - 1] == '/' ? "" : "/");
	}
	if (url_set(url, text))
		return -ENOMEM;
	return url_parse(url, "") ? 0 : -EINVAL;
}

int endpoint_url(char *ret_text, size_t size)
{
	struct url url = {0};
	int err = read_endpoint(&url);

	if (!err)
		snprintf(ret_text, size, "%.*s", (int)url.full.len, url.full.ptr);
	url_done(&url);
	return err;
}

static int connect_to(const char *host, const char *port, const char **ret_error)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	const struct timeval wait = {.tv_sec = WAIT_S};
	struct addrinfo *addresses;
	int fd = -1, err = getaddrinfo(host, port, &hints, &addresses);

	if (err) {
		*ret_error = gai_strerror(err);
		return -1;
	}
	for (const struct addrinfo *a = addresses; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		/* On Linux the limit for sending is one for connecting, too. */
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen)) {
			err = errno == EINPROGRESS ? ETIMEDOUT : errno;
			*ret_error = strerror(err);
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(addresses);
	return fd;
}

/* Returns the answer's status code, 0 when none came.  An empty body is an empty export. */
static int ask(int fd, const struct url *url)
{
	const char *path = strchr(url->host.ptr, '/');
	char request[URL_MAX_BYTES + 512], answer[64] = "";
	int status = 0;
	const int n = snprintf(request, sizeof(request),
		"POST %s HTTP/1.1\r\nHost: %.*s:%d\r\nContent-Type: application/x-protobuf\r\n"
		"Content-Length: 0\r\nConnection: close\r\n\r\n",
		path ? path : "/", (int)url->host.len, url->host.ptr, url->port);

	if (n >= (int)sizeof(request) || send(fd, request, (size_t)n, MSG_NOSIGNAL) != n ||
		recv(fd, answer, sizeof(answer) - 1, MSG_WAITALL) <= 0 ||
		sscanf(answer, "HTTP/1.%*1[01] %3d", &status) != 1)
		return 0;
	return status;
}

bool endpoint_answers(char *ret_text, size_t size)
{
	const char *error = "no address";
	char host[256], port[8];
	struct url url = {0};
	bool answers = false;

	if (read_endpoint(&url)) {
		snprintf(ret_text, size, "not an http or https URL");
		url_done(&url);
		return false;
	}
	snprintf(host, sizeof(host), "%.*s", (int)url.host.len, url.host.ptr);
	snprintf(port, sizeof(port), "%d", url.port);
	int fd = connect_to(host, port, &error);
	if (fd < 0) {
		snprintf(ret_text, size, "does not answer: %s", error);
	} else if (strncasecmp(url.full.ptr, "https", 5) == 0) {
		answers = true;
		snprintf(ret_text, size, "accepts connections (TLS was not tried)");
	} else {
		const int status = ask(fd, &url);
		answers = status >= 200 && status < 300;
		if (answers)
			snprintf(ret_text, size, "takes spans");
		else if (status)
			snprintf(ret_text, size, "answers, but with HTTP status %d", status);
		else
			snprintf(ret_text, size, "accepts connections, but does not speak HTTP");
	}
	if (fd >= 0)
		close(fd);
	url_done(&url);
	return answers;
}
