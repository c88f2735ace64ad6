/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

bool number_read(const char *bytes, size_t len, unsigned min, unsigned max, unsigned *ret_number)
{
	unsigned long long number = 0;

	for (size_t i = 0; i < len; i++) {
		if (bytes[i] < '0' || bytes[i] > '9')
			return false;
		number = number * 10 + (unsigned)(bytes[i] - '0');
		if (number > max)
			return false;
	}
	if (len == 0 || number < min)
		return false;
	*ret_number = (unsigned)number;
	return true;
}
