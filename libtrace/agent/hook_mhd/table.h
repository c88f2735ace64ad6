/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - libmicrohttpd, as hook_tables.h has it. */
/* clang-format off */
HOOK(mhd, SERVER, "libmicrohttpd", "MHD_", PROGRAM, "what it serves")
HOOK_WRAPS(mhd, MHD_start_daemon)
HOOK_WRAPS(mhd, MHD_start_daemon_va)
HOOK_WRAPS(mhd, MHD_stop_daemon)
HOOK_WRAPS(mhd, MHD_queue_response)
HOOK_WRAPS(mhd, MHD_destroy_response)
HOOK_CALLS(mhd, MHD_get_connection_values)
HOOK_CALLS(mhd, MHD_get_connection_info)
HOOK_CALLS(mhd, MHD_add_response_header)
HOOK_CALLS(mhd, MHD_get_response_header)
