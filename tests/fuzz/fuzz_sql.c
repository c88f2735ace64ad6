/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_sql.c - SQL texts of programs: tokens that make up the text, within the limits. */
#include "database/sql.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sql_description description;

	if (size < 1)
		return 0;
	enum sql_dialect dialect = (enum sql_dialect)(data[0] % 3);
	struct sql_reader reader = {dialect, {(const char *)data + 1, size - 1}};
	const char *end = (const char *)data + size;
	for (;;) {
		const struct sql_token token = sql_next(&reader);
		if (token.kind == SQL_END)
			break;
		if (!token.text.len || token.text.ptr + token.text.len != reader.rest.ptr ||
			reader.rest.ptr + reader.rest.len != end)
			abort();
	}
	sql_describe(dialect, (struct lt_slice){(const char *)data + 1, size - 1}, data[0] & 4,
		true, &description);
	if (description.text_length > SQL_TEXT_MAX_BYTES ||
		strlen(description.summary) > SQL_SUMMARY_MAX_BYTES)
		abort();
	return 0;
}
