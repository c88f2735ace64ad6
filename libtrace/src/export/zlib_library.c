/* SPDX-License-Identifier: Apache-2.0 */
#include "export/zlib_library.h"

#include "util/fork_lock.h"

#include <dlfcn.h>
#include <libtrace/instrumentation.h>
#include <stdatomic.h>
#include <stdbool.h>

#define ZLIB "libz.so.1"

static struct lt_zlib zlib;
static atomic_bool is_loaded, is_reported;

/* Fork lock held. */
static bool load(void)
{
	if (atomic_load(&is_loaded))
		return true;
	void *handle = dlopen(ZLIB, RTLD_NOW | RTLD_LOCAL);
	struct lt_zlib found = {0};

	if (handle) {
		*(void **)&found.init = dlsym(handle, "deflateInit2_");
		*(void **)&found.bound = dlsym(handle, "deflateBound");
		*(void **)&found.deflate = dlsym(handle, "deflate");
		*(void **)&found.end = dlsym(handle, "deflateEnd");
	}
	if (found.init && found.bound && found.deflate && found.end) {
		zlib = found;
		atomic_store(&is_loaded, true);
		return true;
	}
	return false;
}

const struct lt_zlib *lt_zlib(void)
{
	bool is_found = atomic_load(&is_loaded);
	if (!is_found && lt_fork_lock_take()) {
		is_found = load();
		lt_fork_lock_give();
	}
	if (!is_found && !atomic_exchange(&is_reported, true))
		lt_report(LT_LEVEL_WARN, "no " ZLIB ": spans are sent uncompressed");
	return is_found ? &zlib : NULL;
}
