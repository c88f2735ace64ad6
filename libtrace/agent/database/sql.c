/* SPDX-License-Identifier: Apache-2.0 */
#include "database/sql.h"
#include "util/slice.h"

#define DEPTH_MAX 64 /* parentheses in each other that are distinguished */

/* What the next name would be. */
enum expected { NO_NAME, TARGET, TYPE };

struct summary {
	struct sql_description *description;
	size_t length;
	bool is_full;
	enum expected expected;
	bool is_statement_start;
	bool may_operate; /* an operation may begin inside of the statement */
	bool skips_word;
	bool continues_name;	   /* after the "." behind a name */
	bool has_name;		   /* the previous token was the name, or a part of it */
	struct lt_slice previous;  /* token */
	struct lt_slice operation; /* the statement's first */
	size_t depth;
	uint64_t
		operates; /* a bit for each depth: in an operation's parentheses FROM is about tables */
	uint64_t lists; /* likewise: in a list after FROM */
};

static bool is_one_of(struct lt_slice word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (lt_slice_is_word(word, words[i]))
			return true;
	}
	return false;
}

#define IS_ONE_OF(word, ...)                                                                       \
	({                                                                                         \
		static const char *const words_[] = {__VA_ARGS__};                                 \
		is_one_of(word, words_, sizeof(words_) / sizeof(words_[0]));                       \
	})

static uint64_t bit(const struct summary *s)
{
	return s->depth < DEPTH_MAX ? UINT64_C(1) << s->depth : 0;
}

/* Appends a word, after a blank unless it goes on with a name. */
static void append(struct summary *s, struct lt_slice word, bool is_separate)
{
	size_t blank = is_separate && s->length > 0;

	if (s->is_full || s->length + blank + word.len > SQL_SUMMARY_MAX_BYTES) {
		s->is_full = true;
		return;
	}
	if (blank)
		s->description->summary[s->length++] = ' ';
	memcpy(s->description->summary + s->length, word.ptr, word.len);
	s->length += word.len;
}

/* --- operations --------------------------------------------------------------------------- */

/* Of rows: they may also begin inside of a statement. */
static bool is_row_operation(struct lt_slice word)
{
	return IS_ONE_OF(word, "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE");
}

static bool is_operation(struct lt_slice word)
{
	return is_row_operation(word) ||
	       IS_ONE_OF(word, "BEGIN", "COMMIT", "ROLLBACK", "END", "ABORT", "START", "SAVEPOINT",
		       "RELEASE", "CREATE", "DROP", "ALTER", "TRUNCATE", "VALUES", "PRAGMA",
		       "EXPLAIN", "COPY", "CALL", "EXECUTE", "PREPARE", "DEALLOCATE", "DECLARE",
		       "FETCH", "MOVE", "CLOSE", "SET", "RESET", "SHOW", "LOCK", "VACUUM",
		       "ANALYZE", "REINDEX", "CLUSTER", "REFRESH", "ATTACH", "DETACH", "GRANT",
		       "REVOKE", "COMMENT", "DO", "LISTEN", "UNLISTEN", "NOTIFY", "DISCARD",
		       "CHECKPOINT", "TABLE");
}

/* Whose next name is what it is of. */
static enum expected expected_after(struct lt_slice operation)
{
	if (IS_ONE_OF(operation, "CREATE", "DROP", "ALTER"))
		return TYPE;
	return IS_ONE_OF(operation, "UPDATE", "TRUNCATE", "PRAGMA", "COPY", "CALL", "LOCK",
		       "VACUUM", "ANALYZE", "REINDEX", "TABLE")
		       ? TARGET
		       : NO_NAME;
}

static void begin_operation(struct summary *s, struct lt_slice word)
{
	append(s, word, true);
	if (s->is_statement_start)
		s->operation = word;
	if (is_row_operation(word))
		s->operates |= bit(s);
	s->lists &= ~bit(s);
	s->has_name = false;
	s->expected = expected_after(word);
	s->is_statement_start = false;
}

static bool begins_operation(const struct summary *s, struct lt_slice word)
{
	if (s->is_statement_start)
		return is_operation(word);
	if (lt_slice_is_word(word, "SELECT"))
		return !IS_ONE_OF(s->operation, "GRANT", "REVOKE");
	return s->may_operate && is_row_operation(word);
}

/* --- names -------------------------------------------------------------------------------- */

/* Between an operation and its name. */
static bool is_filler(struct lt_slice word)
{
	return IS_ONE_OF(word, "ONLY", "LATERAL", "TABLE", "IF", "NOT", "EXISTS", "CONCURRENTLY",
		"ON", "INTO", "VERBOSE", "FULL", "FREEZE", "UNIQUE", "TEMP", "TEMPORARY",
		"UNLOGGED");
}

static bool is_type(struct lt_slice word)
{
	return IS_ONE_OF(word, "TABLE", "VIEW", "INDEX", "TRIGGER", "SEQUENCE", "SCHEMA",
		"DATABASE", "TYPE", "FUNCTION", "PROCEDURE", "EXTENSION", "ROLE", "USER", "DOMAIN",
		"POLICY", "RULE");
}

static bool ends_list(struct lt_slice word)
{
	return IS_ONE_OF(word, "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "SET", "VALUES", "ON",
		"RETURNING", "WINDOW", "UNION", "EXCEPT", "INTERSECT", "FOR", "OFFSET", "FETCH");
}

static void take_name(struct summary *s, struct lt_slice name)
{
	if (s->continues_name)
		append(s, lt_slice("."), false);
	append(s, name, !s->continues_name);
	s->expected = NO_NAME;
	s->has_name = true;
	s->continues_name = false;
}

/* A word of the statement that begins no operation. */
static void read_word(struct summary *s, struct lt_slice word)
{
	if (s->continues_name) {
		take_name(s, word);
	} else if (s->expected == TARGET && lt_slice_is_word(word, "OR")) { /* UPDATE OR IGNORE */
		s->skips_word = true;
	} else if (s->skips_word) {
		s->skips_word = false;
	} else if (s->expected == TYPE) {
		if (is_type(word)) {
			append(s, word, true);
			s->expected = TARGET;
		}
	} else if (s->expected == TARGET && ends_list(word) && !is_filler(word)) {
		s->expected = NO_NAME;
	} else if (s->expected == TARGET) {
		if (!is_filler(word))
			take_name(s, word);
	} else if (lt_slice_is_word(word, "JOIN") || lt_slice_is_word(word, "INTO")) {
		s->expected = TARGET;
	} else if (lt_slice_is_word(word, "FROM") && (s->operates & bit(s)) &&
		   !lt_slice_is_word(s->previous, "DISTINCT")) {
		s->expected = TARGET;
		s->lists |= bit(s);
	} else if (ends_list(word)) {
		s->lists &= ~bit(s);
	}
}

static void read_sign(struct summary *s, char sign, bool *ret_ends_statement)
{
	s->continues_name = sign == '.' && s->has_name;
	if (s->continues_name) {
		s->expected = TARGET;
	} else if (sign == '(') {
		s->depth++;
		s->operates &= ~bit(s);
		s->lists &= ~bit(s);
		s->expected = s->expected == TYPE ? TYPE : NO_NAME;
	} else if (sign == ')') {
		s->depth -= s->depth > 0;
		s->expected = NO_NAME;
	} else if (sign == ',') {
		s->expected = s->lists & bit(s) ? TARGET : NO_NAME;
	} else if (sign == ';') {
		*ret_ends_statement = true;
		s->expected = NO_NAME;
		s->is_statement_start = true;
		s->depth = 0;
		s->operates = s->lists = 0;
		s->operation = (struct lt_slice){0};
	}
	s->has_name = false;
}

/* Where an operation may begin inside of a statement: WITH a AS (SELECT ...) INSERT, EXPLAIN ANALYZE
 * DELETE. */
static bool may_operate_after(const struct summary *s, const struct sql_token *token)
{
	if (token->kind == SQL_SIGN)
		return token->text.ptr[0] == '(' || token->text.ptr[0] == ')';
	return token->kind == SQL_WORD &&
	       (lt_slice_is_word(token->text, "AS") ||
		       (lt_slice_is_word(s->operation, "EXPLAIN") &&
			       IS_ONE_OF(token->text, "EXPLAIN", "PLAN", "ANALYZE", "VERBOSE")));
}

static void read_token(struct summary *s, const struct sql_token *token, bool *ret_ends_statement)
{
	switch (token->kind) {
	case SQL_WORD:
		if (!s->continues_name && begins_operation(s, token->text)) {
			begin_operation(s, token->text);
		} else {
			s->has_name = false;
			read_word(s, token->text);
			if (s->is_statement_start && !lt_slice_is_word(token->text, "WITH"))
				s->is_statement_start = false;
		}
		break;
	case SQL_QUOTED:
		s->has_name = false;
		if (s->expected == TARGET)
			take_name(s, token->text);
		break;
	case SQL_SIGN:
		read_sign(s, token->text.ptr[0], ret_ends_statement);
		break;
	default:
		s->has_name = s->continues_name = false;
		s->expected = NO_NAME;
		break;
	}
	s->may_operate = may_operate_after(s, token);
	s->previous = token->text;
}

/* --- the text ----------------------------------------------------------------------------- */

/* False: there is no room for it. */
static bool append_text(
	struct sql_description *description, const struct sql_token *token, bool is_literal)
{
	const struct lt_slice text = is_literal ? lt_slice("?") : token->text;
	size_t blank = token->is_separate && description->text_length > 0;

	if (description->text_length + blank + text.len > SQL_TEXT_MAX_BYTES)
		return false;
	if (blank)
		description->text[description->text_length++] = ' ';
	memcpy(description->text + description->text_length, text.ptr, text.len);
	description->text_length += text.len;
	return true;
}

void sql_describe(enum sql_dialect dialect, struct lt_slice query, bool one, bool with_text,
	struct sql_description *ret_description)
{
	struct summary summary = {.description = ret_description, .is_statement_start = true};
	struct sql_reader reader = {dialect, query};
	bool has_ended = false;

	if (reader.rest.len > SQL_TEXT_MAX_BYTES)
		reader.rest.len = SQL_TEXT_MAX_BYTES;
	ret_description->text_length = 0;
	ret_description->is_empty = true;
	for (;;) {
		const struct sql_token token = sql_next(&reader);
		if (token.kind == SQL_END)
			break;
		bool was_named = summary.expected == TARGET;
		ret_description->is_empty &= token.kind == SQL_SIGN && token.text.ptr[0] == ';';
		read_token(&summary, &token, &has_ended);
		if (one && has_ended)
			break;
		/* SQLite reads "x" as a string where there is no such column. */
		bool is_literal = token.kind == SQL_LITERAL ||
				  (token.kind == SQL_QUOTED && dialect == SQL_SQLITE &&
					  token.text.ptr[0] == '"' && !was_named);
		with_text = with_text && append_text(ret_description, &token, is_literal);
		if (!with_text && summary.is_full)
			break;
	}
	ret_description->summary[summary.length] = '\0';
	ret_description->text[ret_description->text_length] = '\0';
}
