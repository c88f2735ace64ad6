/* SPDX-License-Identifier: Apache-2.0 */
#include "configure/file_parts.h"
#include "propagation/propagator.h"
#include "util/config.h"
#include "util/slice.h"

#define NAMES_MAX 8 /* there are five */

struct names {
	struct lt_propagator *propagators[NAMES_MAX];
	size_t n;
};

static bool is_exactly(struct lt_slice text, const char *word)
{
	return lt_slice_equal(text, lt_slice(word));
}

static void add(
	struct lt_file *file, const struct lt_yaml *node, struct names *names, struct lt_slice name)
{
	struct lt_propagator *propagator = lt_propagator_named(name, is_exactly);
	if (!propagator) {
		if (!is_exactly(name, "none"))
			lt_file_fail(file, node, "there is no propagator \"%.*s\" here",
				(int)name.len, name.ptr);
		return;
	}
	for (size_t i = 0; i < names->n; i++) {
		if (names->propagators[i] == propagator)
			return;
	}
	names->propagators[names->n++] = propagator;
}

struct lt_propagator *lt_file_propagator(struct lt_file *file, struct lt_yaml *map)
{
	struct names names = {.n = 0};
	struct lt_yaml *list = lt_file_list(file, map, "composite"), *item;
	const char *text = NULL;
	for (item = list ? list->first : NULL; item && !file->err; item = item->next) {
		struct lt_yaml *kind = lt_file_component(file, item, "a propagator");
		if (kind) {
			add(file, kind, &names, lt_slice(kind->key));
			lt_file_end(file, kind);
		}
	}
	lt_file_text(file, map, "composite_list", &text);
	struct lt_slice rest = lt_slice(text), name;
	while (!file->err && lt_config_next_item(&rest, &name))
		add(file, lt_file_member(map, "composite_list"), &names, name);
	lt_file_end(file, map);
	bool is_default = names.n == 2 && names.propagators[0] == lt_propagator_tracecontext() &&
			  names.propagators[1] == lt_propagator_baggage();
	struct lt_propagator *propagator = NULL;
	if (!file->err && !is_default &&
		lt_propagator_composite_new(names.propagators, names.n, &propagator) != 0)
		lt_file_no_memory(file);
	return propagator;
}
