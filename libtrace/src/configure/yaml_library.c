/* SPDX-License-Identifier: Apache-2.0 */
#include "configure/yaml_library.h"

#include <dlfcn.h>
#include <stddef.h>

/* A path is the build's own choice. */
static const char *const names[] = {
#ifdef LIBYAML_PATH
	LIBYAML_PATH,
#endif
	"libyaml-0.so.2"};

bool lt_yaml_library_open(struct lt_yaml_library *ret_library)
{
	void *handle = NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !handle; i++)
		handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return false;
	struct lt_yaml_library library = {.handle = handle};
	const struct {
		const char *name;
		void *function;
	} symbols[] = {
		{"yaml_parser_initialize", &library.parser_initialize},
		{"yaml_parser_set_input_string", &library.parser_set_input_string},
		{"yaml_parser_parse", &library.parser_parse},
		{"yaml_parser_delete", &library.parser_delete},
		{"yaml_event_delete", &library.event_delete},
	};
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *symbol = dlsym(handle, symbols[i].name);
		if (!symbol) {
			dlclose(handle);
			return false;
		}
		*(void **)symbols[i].function = symbol;
	}
	*ret_library = library;
	return true;
}

void lt_yaml_library_close(struct lt_yaml_library *library)
{
	dlclose(library->handle);
}
