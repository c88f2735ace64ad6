/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - libh2o, as hook_tables.h has it. */
/* clang-format off */
HOOK(h2o, SERVER, "libh2o", "h2o_", ITSELF, "what it serves")
HOOK_WRAPS(h2o, h2o_process_request)
HOOK_WRAPS(h2o, h2o_dispose_request)
HOOK_WRAPS(h2o, h2o_start_response)
HOOK_WRAPS(h2o, h2o_send)
HOOK_WRAPS(h2o, h2o_sendvec)
HOOK_WRAPS(h2o, h2o_socket_write)
HOOK_WRAPS(h2o, h2o_http1_upgrade)
HOOK_WRAPS(h2o, h2o_http2_stream_proceed)
HOOK_WRAPS(h2o, h2o__proxy_process_request)
HOOK_WRAPS(h2o, h2o_timeout_link)
HOOK_WRAPS(h2o, h2o_timeout_unlink)
HOOK_CALLS(h2o, h2o_mem_alloc_shared)
HOOK_CALLS(h2o, h2o_mem_alloc_pool)
HOOK_CALLS(h2o, h2o_add_header_by_str)
HOOK_REFUSES(h2o, h2o_soname_refused)
