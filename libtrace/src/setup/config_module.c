/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/config_module.h"

#include <dlfcn.h>
#include <errno.h>
#include <libtrace/instrumentation.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULE "libtrace-c-config.so" /* beside libtrace-c.so */

/* There in programs that are linked with configure/ itself: the launcher, tests. */
#pragma weak lt_config_file_read

static int refuse(const char *reason)
{
	lt_report(LT_LEVEL_ERROR, "OTEL_CONFIG_FILE cannot be read: %s: nothing is traced",
		reason ? reason : "unknown");
	return -ENOTSUP;
}

static void *open_module(void)
{
	Dl_info self;
	char *path = NULL;
	if (dladdr((void *)(uintptr_t)lt_config_module_read, &self) && self.dli_fname) {
		const char *slash = strrchr(self.dli_fname, '/');
		int len = slash ? (int)(slash + 1 - self.dli_fname) : 0;
		if (asprintf(&path, "%.*s" MODULE, len, self.dli_fname) < 0)
			path = NULL;
	}
	void *handle = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	free(path);
	return handle;
}

/* It is never closed: samplers of the file are its own. */
int lt_config_module_read(struct lt_config_file *ret_config)
{
	typeof(lt_config_file_read) *read;
	if (lt_config_file_read)
		return lt_config_file_read(ret_config);
	void *handle = open_module();
	if (!handle)
		return refuse(dlerror());
	/* The objects of another libtrace would not be this one's. */
	if (dlsym(handle, "lt_provider_new") != (void *)(uintptr_t)lt_provider_new)
		return refuse(
			MODULE " belongs to the shared library, and this program has the archive");
	*(void **)&read = dlsym(handle, "lt_config_file_read");
	return read ? read(ret_config) : refuse(dlerror());
}
