/* SPDX-License-Identifier: Apache-2.0 */
/* self.h - this gate among the loaded objects. */
#ifndef LT_AGENT_SELF_H
#define LT_AGENT_SELF_H

#include <stdbool.h>

#define SELF_PATH_MAX_BYTES 4096

/** Whether no other gate comes before this one. */
bool self_is_first(void);

/** The name by which this gate was loaded, as LD_PRELOAD has it; static; "" when unknown. */
const char *self_name(void);

/** The path of a file in this gate's folder; false: unknown. */
bool self_beside(const char *file, char path[SELF_PATH_MAX_BYTES]);

/** Reports on standard error that nothing is traced; never blocks, raises no signal. */
void self_report(const char *reason);

#endif
