/* SPDX-License-Identifier: Apache-2.0 */
/* h2o_layout.c - where libh2o's members are that the agent reads, for one C library; test_musl.py compares two. */
#include <h2o.h>
#include <stddef.h>
#include <stdio.h>

#define AT(type, member) printf("%s.%s %zu\n", #type, #member, offsetof(type, member))

int main(void)
{
	printf("%zu %zu %zu %zu %zu\n", sizeof(h2o_req_t), sizeof(h2o_header_t),
		sizeof(h2o_headers_t), sizeof(h2o_iovec_t), sizeof(struct sockaddr_storage));
	AT(h2o_req_t, conn);
	AT(h2o_req_t, input);
	AT(h2o_req_t, hostconf);
	AT(h2o_req_t, pathconf);
	AT(h2o_req_t, method);
	AT(h2o_req_t, authority);
	AT(h2o_req_t, path);
	AT(h2o_req_t, scheme);
	AT(h2o_req_t, overrides);
	AT(h2o_req_t, version);
	AT(h2o_req_t, headers);
	AT(h2o_req_t, res);
	AT(h2o_req_t, bytes_sent);
	AT(h2o_req_t, num_reprocessed);
	AT(h2o_req_t, num_delegated);
	AT(h2o_req_t, _generator);
	AT(h2o_req_t, _ostr_top);
	AT(h2o_req_t, pool);
	AT(h2o_conn_t, callbacks);
	AT(h2o_conn_callbacks_t, get_peername);
	AT(h2o_pathconf_t, path);
	AT(h2o_hostconf_t, fallback_path);
	AT(h2o_socket_t, data);
	return 0;
}
