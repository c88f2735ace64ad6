/* SPDX-License-Identifier: Apache-2.0 */
/* sql.h - what a span may tell of an SQL text: a summary, and the text without its literals.
 *
 * Sources: https://opentelemetry.io/docs/specs/semconv/db/database-spans/, "Generating a summary of
 *          the query", "Sanitization of db.query.text" */
#ifndef LT_AGENT_SQL_H
#define LT_AGENT_SQL_H

#include "database/sql_token.h"

#define SQL_SUMMARY_MAX_BYTES 255 /* of db.query.summary, by the conventions */
#define SQL_TEXT_MAX_BYTES 4096	  /* of db.query.text; and so much of a text is read */

struct sql_description {
	bool is_empty; /* there is no statement in it */
	size_t text_length;
	/* Operations and what they are of, in the text's letters: "INSERT orders SELECT items"; "" when
	 * there is none that is known.  Cut after a word. */
	char summary[SQL_SUMMARY_MAX_BYTES + 1];
	char text[SQL_TEXT_MAX_BYTES + 1]; /* each literal replaced by "?", comments left out */
};

/**
 * Describes a query.
 * @param one        only the first statement of several
 * @param with_text  else text is left as it is
 */
void sql_describe(enum sql_dialect dialect, struct lt_slice query, bool one, bool with_text,
	struct sql_description *ret_description);

#endif
