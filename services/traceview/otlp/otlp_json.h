/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_json.h - reads members of OTLP's JSON; private to otlp_json*.c. */
#ifndef TRACEVIEW_OTLP_JSON_H
#define TRACEVIEW_OTLP_JSON_H

#include "otlp/otlp.h"

#include <jansson.h>

#define JSON_WHY_BYTES OTLP_WHY_BYTES

struct json_decoder {
	struct arena *arena;
	int error; /* the first one: -EBADMSG, -EMSGSIZE, -ENOMEM or an OTLP_*_ATTRIBUTE */
	char *why; /* JSON_WHY_BYTES; for -EBADMSG and OTLP_BAD_ATTRIBUTE */
};

/** Records that a member is not what is expected ("an integer", say); returns false. */
bool json_decoder_fail(struct json_decoder *d, const char *key, const char *expected);

/* Readers of an object's member: absent and null leave *ret as it is.  False after a failure. */
bool json_get_string(
	struct json_decoder *d, const json_t *object, const char *key, struct lt_slice *ret);
bool json_get_uint64(struct json_decoder *d, const json_t *object, const char *key, uint64_t *ret);
bool json_get_uint32(struct json_decoder *d, const json_t *object, const char *key, uint32_t *ret);
bool json_get_attrs(
	struct json_decoder *d, const json_t *object, const char *key, struct attr_list *ret);

/** An enumeration, by number or by one of n names, where names[i] has the number i. */
bool json_get_enum(struct json_decoder *d, const json_t *object, const char *key,
	const char *const *names, size_t n, uint32_t *ret);

/** An array (borrowed) and its length; *ret is NULL when absent. */
bool json_get_array(
	struct json_decoder *d, const json_t *object, const char *key, json_t **ret, size_t *ret_n);

/** An object (borrowed); *ret is NULL when absent; json_get_*() accept that as an object without
 * members. */
bool json_get_object(
	struct json_decoder *d, const json_t *object, const char *key, const json_t **ret);

/**
 * An id of n bytes in hex.
 * @return false when malformed: only its span is rejected; true when absent
 */
bool json_get_id(const json_t *object, const char *key, uint8_t *id, size_t n);

struct json_scan {
	bool has_snake_case; /* a member's name has an underscore */
	bool is_too_deep;    /* for jansson */
};

/** Looks at a text before there is a tree of it. */
struct json_scan json_scan(struct lt_slice text);

/**
 * Puts a 0 in place of values that nest too deep, and blanks: they stand where no attribute that is
 * accepted has them, so this costs their spans, and not all of the request.
 */
void json_flatten(char *text, size_t len);

/** Renames members like trace_id to traceId, in the whole tree. @return 0 or -ENOMEM */
int json_names_to_camel_case(json_t *json);

/** A zeroed array in the arena; NULL when n is 0, and on failure, which is recorded. */
void *json_decoder_array(struct json_decoder *d, size_t n, size_t item_bytes);

#endif
