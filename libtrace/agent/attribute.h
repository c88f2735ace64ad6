/* SPDX-License-Identifier: Apache-2.0 */
/* attribute.h - trace.h's attributes for keys that are literals here: the agent is never unloaded,
 * so no span has to copy them.
 */
#ifndef LT_AGENT_ATTRIBUTE_H
#define LT_AGENT_ATTRIBUTE_H

#include <libtrace/trace.h>

static inline struct lt_attr attr_str(const char *key, const char *value)
{
	return lt_fixed_key(lt_str(key, value));
}

static inline struct lt_attr attr_strn(const char *key, struct lt_slice value)
{
	return lt_fixed_key(lt_strn(key, value));
}

static inline struct lt_attr attr_int(const char *key, int64_t value)
{
	return lt_fixed_key(lt_int(key, value));
}

#endif
