/* SPDX-License-Identifier: Apache-2.0 */
#include "http_head.h"

#include <string.h>
#include <strings.h>

struct part { /* of the head */
	const char *at, *end;
};

/* What the headers have that must be there once, or not together. */
struct framing {
	unsigned n_headers, n_hosts, n_lengths, n_encodings;
	size_t length;
};

static struct http_head refused(int status, const char *code, const char *message)
{
	return (struct http_head){.status = status, .code = code, .message = message};
}

static struct http_head bad(const char *message)
{
	return refused(400, "bad_request", message);
}

/* --- characters --------------------------------------------------------------------------- */

enum { TOKEN = 1, HOST = 2 };

#define ALPHANUMERIC(kinds)                                                                        \
	['0' ... '9'] = (kinds), ['A' ... 'Z'] = (kinds), ['a' ... 'z'] = (kinds)

/* https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2;
 * https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2 with a port */
static const uint8_t kinds[256] = {
	['('] = HOST,
	[')'] = HOST,
	[','] = HOST,
	[':'] = HOST,
	[';'] = HOST,
	['='] = HOST,
	['['] = HOST,
	[']'] = HOST,
	['!'] = TOKEN | HOST,
	['#'] = TOKEN,
	['$'] = TOKEN | HOST,
	['%'] = TOKEN | HOST,
	['&'] = TOKEN | HOST,
	['\''] = TOKEN | HOST,
	['*'] = TOKEN | HOST,
	['+'] = TOKEN | HOST,
	['-'] = TOKEN | HOST,
	['.'] = TOKEN | HOST,
	['^'] = TOKEN,
	['_'] = TOKEN | HOST,
	['`'] = TOKEN,
	['|'] = TOKEN,
	['~'] = TOKEN | HOST,
	ALPHANUMERIC(TOKEN | HOST),
};

static bool is_made_of(struct part text, uint8_t kind)
{
	for (; text.at < text.end; text.at++) {
		if (!(kinds[(uint8_t)*text.at] & kind))
			return false;
	}
	return true;
}

static bool is_token(char c)
{
	return kinds[(uint8_t)c] & TOKEN;
}

/* --- the lines ---------------------------------------------------------------------------- */

/* @return the bytes of the head; 0: its end is not there */
static size_t find_end(const char *bytes, size_t n, size_t n_seen)
{
	/* An empty line that was cut is found from its first byte on. */
	const char *at = bytes + (n_seen > 3 ? n_seen - 3 : 0), *end = bytes + n;

	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		if (at < end && *at == '\n')
			return (size_t)(at + 1 - bytes);
		if (end - at >= 2 && at[0] == '\r' && at[1] == '\n')
			return (size_t)(at + 2 - bytes);
	}
	return 0;
}

/* Takes a line, without its end, off a complete head. */
static struct part take_line(struct part *head)
{
	const char *newline = memchr(head->at, '\n', (size_t)(head->end - head->at));
	struct part line = {head->at, newline};

	head->at = newline + 1;
	if (line.end > line.at && line.end[-1] == '\r')
		line.end--;
	return line;
}

/* Takes what is before a character off a text, and that character. */
static bool take_until(struct part *text, char c, struct part *ret_part)
{
	const char *at = memchr(text->at, c, (size_t)(text->end - text->at));

	if (!at)
		return false;
	*ret_part = (struct part){text->at, at};
	text->at = at + 1;
	return true;
}

/* @param ret_is_1_0  HTTP/1.0, where Host is not needed
 * @return NULL, or what is wrong */
static const char *read_request_line(struct part line, bool *ret_is_1_0)
{
	static const char version[] = "HTTP/1.";
	size_t n = sizeof(version) - 1;
	struct part method, target;

	if (!take_until(&line, ' ', &method) || method.at == method.end ||
		!is_made_of(method, TOKEN) || !take_until(&line, ' ', &target) ||
		target.at == target.end)
		return "the request line is not METHOD TARGET HTTP/1.1";
	if ((size_t)(line.end - line.at) != n + 1 || memcmp(line.at, version, n) != 0 ||
		(line.at[n] != '0' && line.at[n] != '1'))
		return "only HTTP/1.0 and HTTP/1.1 are spoken here";
	*ret_is_1_0 = line.at[n] == '0';
	return NULL;
}

static bool read_length(struct part value, size_t *ret_length)
{
	size_t length = 0;

	if (value.at == value.end)
		return false;
	for (; value.at < value.end; value.at++) {
		unsigned digit = (unsigned)(uint8_t)*value.at - '0';
		if (digit > 9 || length > (SIZE_MAX - 1 - digit) / 10)
			return false;
		length = length * 10 + digit;
	}
	*ret_length = length;
	return true;
}

static bool is(struct part text, const char *word, size_t len)
{
	return (size_t)(text.end - text.at) == len && strncasecmp(text.at, word, len) == 0;
}

#define IS(text, word) is(text, word, sizeof(word) - 1)

static struct http_head read_header(struct part line, struct framing *framing)
{
	struct part name, value = line;

	if (++framing->n_headers > HTTP_HEAD_MAX_HEADERS)
		return refused(431, "headers_too_large", "a request has at most 100 headers");
	if (*line.at == ' ' || *line.at == '\t')
		return bad("a header is folded onto a second line");
	/* What is inside of a name libh2o looks at; a blank at its end is read in two ways. */
	if (!take_until(&value, ':', &name) || name.at == name.end || !is_token(*name.at) ||
		!is_token(name.end[-1]))
		return bad("a header is not NAME: VALUE");
	while (value.at < value.end && (*value.at == ' ' || *value.at == '\t'))
		value.at++;
	while (value.at < value.end && (value.end[-1] == ' ' || value.end[-1] == '\t'))
		value.end--;
	if (IS(name, "host")) {
		framing->n_hosts++;
		if (!is_made_of(value, HOST))
			return bad("Host is not a name or an address");
	} else if (IS(name, "content-length")) {
		if (++framing->n_lengths > 1)
			return bad("Content-Length is there twice");
		if (!read_length(value, &framing->length))
			return bad("Content-Length is not a number");
	} else if (IS(name, "transfer-encoding")) {
		if (++framing->n_encodings > 1)
			return bad("Transfer-Encoding is there twice");
		if (!IS(value, "chunked"))
			return refused(501, "unknown_transfer_encoding",
				"the only Transfer-Encoding known here is chunked");
	}
	return (struct http_head){0};
}

static struct http_head check_framing(const struct framing *framing, bool is_1_0)
{
	if (framing->n_encodings && framing->n_lengths)
		return bad("there are both Content-Length and Transfer-Encoding");
	if (framing->n_encodings && is_1_0)
		return bad("HTTP/1.0 has no Transfer-Encoding");
	if (framing->n_hosts > 1)
		return bad("Host is there twice");
	if (framing->n_hosts == 0 && !is_1_0)
		return bad("there is no Host");
	return (struct http_head){
		.has_body = framing->n_encodings || framing->n_lengths,
		.body_len = framing->n_encodings ? SIZE_MAX : framing->length,
	};
}

/* --- the head ----------------------------------------------------------------------------- */

static struct http_head read_complete(struct part head)
{
	struct framing framing = {0};
	bool is_1_0;
	struct part line = take_line(&head);
	const char *wrong = read_request_line(line, &is_1_0);

	if (wrong)
		return bad(wrong);
	while (head.at < head.end) {
		line = take_line(&head);
		if (line.at == line.end)
			break;
		if (memchr(line.at, '\r', (size_t)(line.end - line.at)))
			return bad("a header has a carriage return");
		struct http_head result = read_header(line, &framing);
		if (result.status)
			return result;
	}
	return check_framing(&framing, is_1_0);
}

/* An empty line may come before a request, after the body of the one before.
 * https://www.rfc-editor.org/rfc/rfc9112#section-2.2 */
static size_t skip_empty_line(const char *bytes, size_t n)
{
	if (n >= 2 && bytes[0] == '\r' && bytes[1] == '\n')
		return 2;
	return n >= 1 && bytes[0] == '\n' ? 1 : 0;
}

struct http_head http_head_read(const char *bytes, size_t n, size_t n_seen)
{
	size_t skipped = skip_empty_line(bytes, n);

	bytes += skipped;
	n -= skipped;
	n_seen = n_seen > skipped ? n_seen - skipped : 0;
	size_t len = find_end(bytes, n, n_seen);
	if (len > HTTP_HEAD_MAX_BYTES || (len == 0 && n > HTTP_HEAD_MAX_BYTES))
		return refused(
			431, "headers_too_large", "a request's head has at most 65536 bytes");
	if (len == 0 && n > 0 && *bytes != '\r' && !is_token(*bytes))
		return bad("this is not HTTP");
	if (len == 0)
		return (struct http_head){0};
	/* libh2o refuses other control characters. */
	if (memchr(bytes, '\0', len))
		return bad("a header has a NUL");
	struct http_head head = read_complete((struct part){bytes, bytes + len});
	if (!head.status)
		head.len = skipped + len;
	return head;
}
