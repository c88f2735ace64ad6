/* SPDX-License-Identifier: Apache-2.0 */
/* detectors.h - the built-in resource detectors. */
#ifndef LT_DETECTORS_H
#define LT_DETECTORS_H

#include "trace/resource.h"

/** Sets what the built-in detector of that name finds; false: there is none. */
bool lt_resource_detect_named(struct lt_resource *resource, struct lt_slice name);

#endif
