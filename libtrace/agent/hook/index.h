/* SPDX-License-Identifier: Apache-2.0 */
/* index.h - the hooks by number, in the order of the build's list. */
#ifndef LT_AGENT_INDEX_H
#define LT_AGENT_INDEX_H

enum hook_index {
#define HOOK(id, ...) HOOK_##id,
#include <hook_tables.h>
	HOOK_COUNT
};

#endif
