/* SPDX-License-Identifier: Apache-2.0 */
/* config_module.h - the reader of OTEL_CONFIG_FILE, a library of its own (configure/) that only a
 * program with such a file loads. */
#ifndef LT_CONFIG_MODULE_H
#define LT_CONFIG_MODULE_H

#include "configure/config_file.h"

/** As lt_config_file_read(); -ENOTSUP also where that library is missing. */
int lt_config_module_read(struct lt_config_file *ret_config);

#endif
