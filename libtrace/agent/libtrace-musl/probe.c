/* SPDX-License-Identifier: Apache-2.0 */
/* probe.c - whether what the core for musl is made of is there. */
#include <curl/curl.h>
#include <h2o.h>
#include <linux/futex.h>
#include <zlib.h>
