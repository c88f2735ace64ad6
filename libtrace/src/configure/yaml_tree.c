/* SPDX-License-Identifier: Apache-2.0 */
#include "configure/yaml_tree.h"

#include "configure/yaml_library.h"
#include "configure/yaml_scalar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MAX 32	/* the schema has some 16 levels */
#define NODES_MAX 10000 /* copies of aliases among them */
#define ANCHORS_MAX 256

struct anchor {
	char *name;
	const struct lt_yaml *node; /* of the tree */
};

struct reader {
	const struct lt_yaml_library *yaml;
	yaml_parser_t parser;
	yaml_event_t event; /* the present one */
	bool has_event;
	unsigned n_nodes, depth;
	struct anchor anchors[ANCHORS_MAX];
	unsigned n_anchors;
	struct lt_yaml_error *error;
	int err;
};

void lt_yaml_free(struct lt_yaml *node)
{
	while (node) {
		struct lt_yaml *next = node->next;
		lt_yaml_free(node->first);
		free(node->key);
		free(node->text);
		free(node);
		node = next;
	}
}

/* --- errors ------------------------------------------------------------------------------- */

/* The first one counts. */
static void fail(struct reader *reader, int err, size_t line, const char *text)
{
	if (reader->err)
		return;
	reader->err = err;
	reader->error->line = (unsigned)line + 1;
	snprintf(reader->error->text, sizeof(reader->error->text), "%s", text);
}

static void fail_here(struct reader *reader, int err, const char *text)
{
	fail(reader, err, reader->event.start_mark.line, text);
}

/* --- events ------------------------------------------------------------------------------- */

static void drop_event(struct reader *reader)
{
	if (reader->has_event)
		reader->yaml->event_delete(&reader->event);
	reader->has_event = false;
}

static yaml_event_type_t next_event(struct reader *reader)
{
	drop_event(reader);
	if (reader->err)
		return YAML_NO_EVENT;
	if (!reader->yaml->parser_parse(&reader->parser, &reader->event)) {
		const yaml_parser_t *parser = &reader->parser;
		fail(reader, parser->error == YAML_MEMORY_ERROR ? -ENOMEM : -EINVAL,
			parser->problem_mark.line, parser->problem ? parser->problem : "no YAML");
		return YAML_NO_EVENT;
	}
	reader->has_event = true;
	return reader->event.type;
}

/* --- nodes -------------------------------------------------------------------------------- */

static struct lt_yaml *new_node(struct reader *reader, enum lt_yaml_type type)
{
	struct lt_yaml *node = NULL;
	if (reader->n_nodes++ >= NODES_MAX)
		fail_here(reader, -EINVAL, "more values than a configuration has");
	else if (!(node = calloc(1, sizeof(*node))))
		fail_here(reader, -ENOMEM, "no memory");
	else
		*node = (struct lt_yaml){
			.type = type, .line = (unsigned)reader->event.start_mark.line + 1};
	return node;
}

/* Takes the node; NULL is passed on. */
static struct lt_yaml *with_text(struct reader *reader, struct lt_yaml *node, char *text)
{
	if (node && !text) {
		fail_here(reader, -ENOMEM, "no memory");
		lt_yaml_free(node);
		return NULL;
	}
	if (node)
		node->text = text;
	else
		free(text);
	return node;
}

static struct lt_yaml *copy_node(struct reader *reader, const struct lt_yaml *from)
{
	struct lt_yaml *node = new_node(reader, from->type);
	if (!node)
		return NULL;
	struct lt_yaml **place = &node->first;
	node->line = from->line;
	node->boolean = from->boolean;
	node->integer = from->integer;
	node->number = from->number;
	if (from->text && !(node = with_text(reader, node, strdup(from->text))))
		return NULL;
	for (const struct lt_yaml *child = from->first; child && !reader->err;
		child = child->next) {
		if (!(*place = copy_node(reader, child)))
			break;
		if (child->key && !((*place)->key = strdup(child->key)))
			fail_here(reader, -ENOMEM, "no memory");
		place = &(*place)->next;
	}
	return node;
}

static struct lt_yaml *read_alias(struct reader *reader)
{
	const char *name = (const char *)reader->event.data.alias.anchor;
	for (unsigned i = reader->n_anchors; i--;) {
		if (strcmp(reader->anchors[i].name, name) == 0)
			return copy_node(reader, reader->anchors[i].node);
	}
	fail_here(reader, -EINVAL, "an alias of no anchor before it");
	return NULL;
}

static struct lt_yaml *read_scalar(struct reader *reader)
{
	struct lt_slice raw = {
		(const char *)reader->event.data.scalar.value, reader->event.data.scalar.length};
	bool is_plain = reader->event.data.scalar.plain_implicit;
	struct lt_yaml *node = new_node(reader, LT_YAML_TEXT);
	char *text = NULL;
	int err = !node				   ? 0
		  : memchr(raw.ptr, '\0', raw.len) ? -EINVAL
						   : lt_yaml_substitute(raw, &text);
	if (err)
		fail_here(reader, err,
			err == -EINVAL
				? "a malformed reference to a variable (${NAME}, ${NAME:-default})"
				: "no memory");
	node = with_text(reader, node, text);
	if (node && is_plain)
		lt_yaml_resolve(node);
	return node;
}

static struct lt_yaml *read_node(struct reader *reader);

static void read_items(struct reader *reader, struct lt_yaml *list)
{
	struct lt_yaml **place = &list->first;
	while (next_event(reader) != YAML_SEQUENCE_END_EVENT && !reader->err) {
		*place = read_node(reader);
		if (*place)
			place = &(*place)->next;
	}
}

static char *read_key(struct reader *reader, const struct lt_yaml *map)
{
	if (reader->event.type != YAML_SCALAR_EVENT) {
		fail_here(reader, -EINVAL, "a key that is no text");
		return NULL;
	}
	const char *key = (const char *)reader->event.data.scalar.value;
	for (const struct lt_yaml *member = map->first; member; member = member->next) {
		if (strcmp(member->key, key) == 0)
			fail_here(reader, -EINVAL, "a key that is there already");
	}
	char *copy = reader->err ? NULL : strdup(key);
	if (!copy)
		fail_here(reader, -ENOMEM, "no memory");
	return copy;
}

static void read_members(struct reader *reader, struct lt_yaml *map)
{
	struct lt_yaml **place = &map->first;
	while (next_event(reader) != YAML_MAPPING_END_EVENT && !reader->err) {
		char *key = read_key(reader, map);
		if (key)
			next_event(reader);
		struct lt_yaml *member = reader->err ? NULL : read_node(reader);
		if (!member) {
			free(key);
			return;
		}
		member->key = key;
		*place = member;
		place = &member->next;
	}
}

static void remember(struct reader *reader, char *name, const struct lt_yaml *node)
{
	if (!name)
		return;
	if (!node || reader->n_anchors == ANCHORS_MAX) {
		free(name);
		if (node)
			fail_here(reader, -EINVAL, "more anchors than a configuration has");
		return;
	}
	reader->anchors[reader->n_anchors++] = (struct anchor){name, node};
}

static char *anchor_of(const yaml_event_t *event)
{
	const yaml_char_t *name =
		event->type == YAML_SCALAR_EVENT	   ? event->data.scalar.anchor
		: event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.anchor
		: event->type == YAML_MAPPING_START_EVENT  ? event->data.mapping_start.anchor
							   : NULL;
	return name ? strdup((const char *)name) : NULL;
}

/* What the present event begins; what it has read in spite of an error is part of the tree. */
static struct lt_yaml *read_node(struct reader *reader)
{
	struct lt_yaml *node = NULL;
	char *anchor = anchor_of(&reader->event);
	if (reader->depth++ == DEPTH_MAX)
		fail_here(reader, -EINVAL, "more levels than a configuration has");
	else if (reader->event.type == YAML_ALIAS_EVENT)
		node = read_alias(reader);
	else if (reader->event.type == YAML_SCALAR_EVENT)
		node = read_scalar(reader);
	else if (reader->event.type == YAML_SEQUENCE_START_EVENT &&
		 (node = new_node(reader, LT_YAML_LIST)))
		read_items(reader, node);
	else if (reader->event.type == YAML_MAPPING_START_EVENT &&
		 (node = new_node(reader, LT_YAML_MAP)))
		read_members(reader, node);
	reader->depth--;
	remember(reader, anchor, node);
	return node;
}

static struct lt_yaml *read_document(struct reader *reader)
{
	struct lt_yaml *root = NULL;
	yaml_event_type_t type;
	while ((type = next_event(reader)) != YAML_STREAM_END_EVENT && !reader->err) {
		if (type == YAML_DOCUMENT_START_EVENT && root)
			fail_here(reader, -EINVAL, "a second document");
		else if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT &&
			 type != YAML_DOCUMENT_END_EVENT)
			root = read_node(reader);
	}
	return root;
}

int lt_yaml_parse(struct lt_slice text, struct lt_yaml **ret_root, struct lt_yaml_error *ret_error)
{
	struct lt_yaml_library yaml;
	*ret_error = (struct lt_yaml_error){0, "no libyaml-0.so.2 to read it with"};
	if (!lt_yaml_library_open(&yaml))
		return -ENOTSUP;
	struct reader *reader = calloc(1, sizeof(*reader));
	struct lt_yaml *root = NULL;
	int err = -ENOMEM;
	if (reader && yaml.parser_initialize(&reader->parser)) {
		reader->yaml = &yaml;
		reader->error = ret_error;
		yaml.parser_set_input_string(
			&reader->parser, (const unsigned char *)text.ptr, text.len);
		root = read_document(reader);
		drop_event(reader);
		yaml.parser_delete(&reader->parser);
		for (unsigned i = 0; i < reader->n_anchors; i++)
			free(reader->anchors[i].name);
		err = reader->err;
	} else {
		*ret_error = (struct lt_yaml_error){0, "no memory"};
	}
	free(reader);
	lt_yaml_library_close(&yaml);
	if (err)
		lt_yaml_free(root);
	else
		*ret_root = root;
	return err;
}
