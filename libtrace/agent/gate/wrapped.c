/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/wrapped.h"
#include "gate/elf.h"

const char *const wrapped_names[WRAPPED_COUNT] = {
#define HOOK_WRAPS(id, name) #name,
#include <hook_tables.h>
};

/* Each import of an object that is loaded later is looked up: most names differ in the first letters
 * of the few prefixes. */
unsigned wrapped_find(const char *name)
{
	static const struct {
		const char *prefix;
		unsigned first, end;
	} hooks[] = {
#define HOOK(id, kind, library, prefix, ...) {prefix, WRAPPED_FIRST_##id, WRAPPED_END_##id},
#include <hook_tables.h>
	};

	for (unsigned i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		if (!elf_starts_with(name, hooks[i].prefix))
			continue;
		for (unsigned j = hooks[i].first; j < hooks[i].end; j++) {
			if (elf_same(wrapped_names[j], name))
				return j;
		}
	}
	return WRAPPED_COUNT;
}

bool wrapped_is_everywhere(unsigned wrapped)
{
	enum { SERVER, CLIENT, CONTEXT };
	enum {
#define HOOK(id, ...) NUMBER_##id,
#include <hook_tables.h>
	};
	static const unsigned char kinds[] = {
#define HOOK(id, kind, ...) kind,
#include <hook_tables.h>
	};
	static const unsigned char hooks[] = {
#define HOOK_WRAPS(id, name) NUMBER_##id,
#include <hook_tables.h>
	};

	return kinds[hooks[wrapped]] == CONTEXT;
}
