/* SPDX-License-Identifier: Apache-2.0 */
#include <libtrace/trace.h>

const char *lt_version(void)
{
	return LT_VERSION;
}
