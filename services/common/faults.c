/* SPDX-License-Identifier: Apache-2.0 */
#include "faults.h"

#include <arpa/inet.h>
#include <assert.h>
#include <jansson.h>
#include <string.h>

#include "base/number.h"
#include "http_answer.h"
#include "log.h"

static struct fault *all[FAULTS_MAX];
static size_t n_all;

void faults_add(struct fault *faults, size_t n)
{
	assert(n <= FAULTS_MAX - n_all);
	for (size_t i = 0; i < n; i++)
		all[n_all++] = &faults[i];
}

/* --- a request's own ---------------------------------------------------------------------- */

/* The size that one element of the header gives a fault. @return false: it is another fault's, or wrong */
static bool read_element(h2o_iovec_t element, const struct fault *fault, unsigned *ret_size)
{
	size_t len = strlen(fault->name);

	if (element.len < len || memcmp(element.base, fault->name, len) != 0)
		return false;
	if (element.len == len) {
		*ret_size = fault->size;
		return true;
	}
	return element.base[len] == '=' &&
	       number_read(element.base + len + 1, element.len - len - 1, 0, fault->max, ret_size);
}

static h2o_iovec_t trim(const char *from, const char *end)
{
	while (from < end && (*from == ' ' || *from == '\t'))
		from++;
	while (from < end && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return h2o_iovec_init(from, (size_t)(end - from));
}

unsigned fault_size(const h2o_req_t *req, const struct fault *fault)
{
	unsigned size = atomic_load_explicit(&fault->now, memory_order_relaxed);
	ssize_t at = h2o_find_header_by_str(&req->headers, H2O_STRLIT(FAULT_HEADER), -1);

	if (at == -1)
		return size;
	h2o_iovec_t value = req->headers.entries[at].value;
	const char *end = value.base + value.len;
	for (const char *from = value.base; from < end;) {
		const char *comma = memchr(from, ',', (size_t)(end - from));
		const char *stop = comma ? comma : end;
		if (read_element(trim(from, stop), fault, &size))
			break;
		from = stop + 1;
	}
	return size;
}

/* --- the switches ------------------------------------------------------------------------- */

static bool is_loopback(const struct sockaddr_storage *peer)
{
	const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)peer;
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)peer;

	if (peer->ss_family == AF_INET)
		return ntohl(ipv4->sin_addr.s_addr) >> 24 == 127;
	return peer->ss_family == AF_INET6 && (IN6_IS_ADDR_LOOPBACK(&ipv6->sin6_addr) ||
						      (IN6_IS_ADDR_V4MAPPED(&ipv6->sin6_addr) &&
							      ipv6->sin6_addr.s6_addr[12] == 127));
}

/* Answers all but clients of this machine. @return whether it has answered */
static bool refuse_others(h2o_req_t *req)
{
	struct sockaddr_storage peer = {0};

	if (req->conn->callbacks->get_peername(req->conn, (struct sockaddr *)&peer) > 0 &&
		is_loopback(&peer))
		return false;
	http_error(req, 403, "not_loopback", "faults are switched from this machine only");
	return true;
}

static json_t *describe(const struct fault *fault)
{
	return json_pack("{s:s,s:i,s:s,s:i,s:i,s:s}", "name", fault->name, "size",
		(int)atomic_load(&fault->now), "unit", fault->unit, "usual_size", (int)fault->size,
		"max", (int)fault->max, "help", fault->help);
}

/* Takes json. */
static void answer_json(h2o_req_t *req, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	if (!text) {
		http_error(req, 500, "no_memory", "out of memory");
		return;
	}
	h2o_iovec_t copy = h2o_strdup(&req->pool, text, SIZE_MAX);
	free(text);
	http_answer(req, 200, copy.base, copy.len);
}

void faults_list(h2o_req_t *req)
{
	if (refuse_others(req))
		return;
	json_t *list = json_array();
	bool ok = true;
	for (size_t i = 0; i < n_all; i++)
		ok &= json_array_append_new(list, describe(all[i])) == 0;
	json_t *answer = json_pack("{s:o}", "faults", list);
	if (!ok) {
		json_decref(answer);
		answer = NULL;
	}
	answer_json(req, answer);
}

static struct fault *find(h2o_iovec_t name)
{
	for (size_t i = 0; i < n_all; i++) {
		if (h2o_memis(name.base, name.len, all[i]->name, strlen(all[i]->name)))
			return all[i];
	}
	return NULL;
}

void faults_put_name(h2o_req_t *req, h2o_iovec_t name)
{
	struct fault *fault = find(name);

	if (refuse_others(req))
		return;
	if (!fault) {
		http_error(req, 404, "not_found", "there is no such fault; GET /faults lists them");
		return;
	}
	unsigned size = fault->size;
	if (req->entity.len > 0 &&
		!number_read(req->entity.base, req->entity.len, 0, fault->max, &size)) {
		http_errorf(req, 400, "invalid_size",
			"the body must be a whole number from 0 to %u (%s), or nothing", fault->max,
			fault->unit);
		return;
	}
	atomic_store(&fault->now, size);
	/* Not to be seen at once: who learns finds it in the traces. */
	log_write(LOG_LEVEL_DEBUG, "fault switched",
		LOG_FIELDS(log_str("fault", fault->name), log_int("size", (int64_t)size)));
	answer_json(req, describe(fault));
}

void faults_put(h2o_req_t *req)
{
	size_t prefix_len = strlen("/faults/");

	faults_put_name(req, h2o_iovec_init(req->path_normalized.base + prefix_len,
				     req->path_normalized.len - prefix_len));
}
