/* SPDX-License-Identifier: Apache-2.0 */
#include "dice.h"

#include <errno.h>
#include <stdlib.h>

static int roll_once(void)
{
	return 1 + (int)arc4random_uniform(6);
}

int dice_roll(long rolls, int *results)
{
	if (rolls <= 0)
		return -EINVAL;
	for (long i = 0; i < rolls; i++)
		results[i] = roll_once();
	return 0;
}
