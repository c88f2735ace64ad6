/* SPDX-License-Identifier: Apache-2.0 */
/* zlib_library.h - zlib, for an exporter that compresses.
 *
 * libtrace is not linked with it, since systems that it is loaded on may lack it.
 */
#ifndef LT_ZLIB_LIBRARY_H
#define LT_ZLIB_LIBRARY_H

#include <zlib.h>

struct lt_zlib {
	__typeof__(deflateInit2_) *init;
	__typeof__(deflateBound) *bound;
	__typeof__(deflate) *deflate;
	__typeof__(deflateEnd) *end;
};

/** Loads zlib at the first call; static; NULL when it is not available, which is reported once. */
const struct lt_zlib *lt_zlib(void);

#endif
