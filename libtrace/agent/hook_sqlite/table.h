/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - SQLite, as hook_tables.h has it. */
/* clang-format off */
HOOK(sqlite, CLIENT, "libsqlite3", "sqlite3_", PROGRAM, "what it queries")
HOOK_WRAPS(sqlite, sqlite3_step)
HOOK_WRAPS(sqlite, sqlite3_reset)
HOOK_WRAPS(sqlite, sqlite3_finalize)
HOOK_WRAPS(sqlite, sqlite3_exec)
HOOK_WRAPS(sqlite, sqlite3_get_table)
HOOK_WRAPS(sqlite, sqlite3_prepare)
HOOK_WRAPS(sqlite, sqlite3_prepare_v2)
HOOK_WRAPS(sqlite, sqlite3_prepare_v3)
HOOK_CALLS(sqlite, sqlite3_sql)
HOOK_CALLS(sqlite, sqlite3_db_handle)
HOOK_CALLS(sqlite, sqlite3_db_filename)
HOOK_CALLS(sqlite, sqlite3_extended_errcode)
HOOK_SETTING(sqlite, "OTEL_C_SQLITE", "spans of SQLite's statements; or false, text: also their text without literals", "true", "false", "text")
