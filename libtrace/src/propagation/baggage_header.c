/* SPDX-License-Identifier: Apache-2.0 */
/* baggage_header.c - the header "baggage": key=value;property,key=value, values percent-encoded.
 *
 * Source: https://www.w3.org/TR/baggage/#header-content
 */
#include "propagation/baggage.h"
#include "util/slice.h"
#include "util/utf8.h"

#include <errno.h>

/* --- characters --------------------------------------------------------------------------- */

static bool is_letter(char c)
{
	return lt_lower(c) >= 'a' && lt_lower(c) <= 'z';
}

/* RFC 7230, section 3.2.6 */
static bool is_token(struct lt_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_letter(text.ptr[i]) && !lt_is_digit(text.ptr[i]) &&
			!memchr("!#$%&'*+-.^_`|~", text.ptr[i], 15))
			return false;
	return text.len > 0;
}

/* As it stands in a value: printable but for blank, quote, comma, semicolon, backslash. */
static bool is_octet(char c)
{
	return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

static int hex_value(char c)
{
	if (lt_is_digit(c))
		return c - '0';
	c = lt_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* --- read --------------------------------------------------------------------------------- */

struct reader {
	struct lt_baggage_member members[LT_BAGGAGE_MEMBERS_MAX];
	size_t n, len;
	char texts[LT_BAGGAGE_MAX_BYTES];
};

/* Bytes that are not UTF-8 become U+FFFD, as the W3C wants it; false when there is no room. */
static bool add_utf8(struct reader *reader, struct lt_slice bytes)
{
	while (bytes.len) {
		size_t n = lt_utf8_valid(bytes);
		struct lt_slice part = {bytes.ptr, n};
		if (n == 0)
			part = lt_slice(LT_UTF8_REPLACEMENT);
		if (part.len > sizeof(reader->texts) - reader->len)
			return false;
		memcpy(reader->texts + reader->len, part.ptr, part.len);
		reader->len += part.len;
		bytes = lt_slice_from(bytes, n ? n : 1);
	}
	return true;
}

static bool decode(struct reader *reader, struct lt_slice text, struct lt_slice *ret_value)
{
	char bytes[LT_BAGGAGE_MAX_BYTES];
	size_t n = 0, start = reader->len;
	for (size_t i = 0; i < text.len; i++) {
		bool is_escape = text.ptr[i] == '%' && text.len - i > 2;
		int high = is_escape ? hex_value(text.ptr[i + 1]) : -1;
		int low = is_escape ? hex_value(text.ptr[i + 2]) : -1;
		if (!is_octet(text.ptr[i]) || n == sizeof(bytes))
			return false;
		if (high >= 0 && low >= 0 && (high | low)) { /* a NUL stays as it is written */
			bytes[n++] = (char)(high << 4 | low);
			i += 2;
		} else {
			bytes[n++] = text.ptr[i];
		}
	}
	if (!add_utf8(reader, (struct lt_slice){bytes, n})) {
		reader->len = start;
		return false;
	}
	*ret_value = (struct lt_slice){reader->texts + start, reader->len - start};
	return true;
}

/* Up to a separator; the rest stays in *text. */
static struct lt_slice take(struct lt_slice *text, char separator)
{
	const char *end = text->len ? memchr(text->ptr, separator, text->len) : NULL;
	size_t len = end ? (size_t)(end - text->ptr) : text->len;
	struct lt_slice taken = {text->ptr, len};
	*text = lt_slice_from(*text, end ? len + 1 : len);
	return lt_slice_trim_ows(taken);
}

/* Of a key that comes again the later value stands. */
static void read_member(struct reader *reader, struct lt_slice text)
{
	struct lt_baggage_member member;
	struct lt_slice pair = take(&text, ';');
	if (pair.len == 0 || !memchr(pair.ptr, '=', pair.len))
		return;
	member.key = take(&pair, '=');
	member.metadata = lt_slice_trim_ows(text);
	if (!is_token(member.key) || !lt_baggage_metadata_is_valid(member.metadata))
		return;
	size_t at = lt_baggage_find(reader->members, reader->n, member.key);
	if (at < LT_BAGGAGE_MEMBERS_MAX && decode(reader, lt_slice_trim_ows(pair), &member.value)) {
		reader->members[at] = member;
		if (at == reader->n)
			reader->n++;
	}
}

/* In a frame of its own: few requests have any. */
__attribute__((noinline)) static void read_all(const struct lt_carrier_impl *impl, void *carrier,
	struct lt_slice value, struct lt_baggage **ret_baggage)
{
	struct reader reader;
	size_t bytes = 0;
	reader.n = reader.len = 0;
	for (size_t i = 1;; i++) {
		for (bytes += value.len; value.len && bytes <= LT_BAGGAGE_MAX_BYTES;)
			read_member(&reader, take(&value, ','));
		if (!impl->get(carrier, "baggage", i, &value))
			break;
	}
	struct lt_baggage *baggage = lt_baggage_make(reader.members, reader.n);
	if (!baggage)
		return;
	lt_baggage_release(*ret_baggage);
	*ret_baggage = baggage;
}

static int extract(struct lt_propagator *self, const struct lt_carrier_impl *impl, void *carrier,
	struct lt_span_context *ret_context, struct lt_baggage **ret_baggage)
{
	struct lt_slice value;
	if (ret_baggage && impl->get(carrier, "baggage", 0, &value))
		read_all(impl, carrier, value, ret_baggage);
	return -ENOENT;
}

/* --- write -------------------------------------------------------------------------------- */

struct writer {
	size_t len;
	char text[LT_BAGGAGE_MAX_BYTES + 1];
};

static bool put(struct writer *writer, char c)
{
	if (writer->len == LT_BAGGAGE_MAX_BYTES)
		return false;
	writer->text[writer->len++] = c;
	return true;
}

static bool put_text(struct writer *writer, struct lt_slice text)
{
	bool fits = true;
	for (size_t i = 0; fits && i < text.len; i++)
		fits = put(writer, text.ptr[i]);
	return fits;
}

static bool put_encoded(struct writer *writer, struct lt_slice text)
{
	static const char digits[] = "0123456789ABCDEF";
	bool fits = true;
	for (size_t i = 0; fits && i < text.len; i++) {
		uint8_t byte = (uint8_t)text.ptr[i];
		if (is_octet(text.ptr[i]) && byte != '%')
			fits = put(writer, text.ptr[i]);
		else
			fits = put(writer, '%') && put(writer, digits[byte >> 4]) &&
			       put(writer, digits[byte & 15]);
	}
	return fits;
}

static bool write_member(struct writer *writer, const struct lt_baggage_member *member)
{
	if (!is_token(member->key))
		return false;
	return (writer->len == 0 || put(writer, ',')) && put_text(writer, member->key) &&
	       put(writer, '=') && put_encoded(writer, member->value) &&
	       (member->metadata.len == 0 ||
		       (put(writer, ';') && put_text(writer, member->metadata)));
}

__attribute__((noinline)) static int write_all(
	const struct lt_carrier_impl *impl, void *carrier, const struct lt_baggage *baggage)
{
	struct writer writer;
	const struct lt_baggage_member *member;
	writer.len = 0;
	for (size_t i = 0; (member = lt_baggage_member(baggage, i)); i++) {
		size_t start = writer.len;
		if (!write_member(&writer, member))
			writer.len = start; /* it is left out whole */
	}
	writer.text[writer.len] = '\0';
	return writer.len ? impl->set(carrier, "baggage", writer.text) : 0;
}

static int inject(struct lt_propagator *self, const struct lt_carrier_impl *impl, void *carrier,
	const struct lt_span_context *context, const struct lt_baggage *baggage)
{
	return baggage ? write_all(impl, carrier, baggage) : 0;
}

struct lt_propagator *lt_propagator_baggage(void)
{
	static const char *const fields[] = {"baggage", NULL};
	static const struct lt_propagator_impl impl = {
		.extract = extract, .inject = inject, .fields = fields};
	static struct lt_propagator propagator = {&impl};
	return &propagator;
}
