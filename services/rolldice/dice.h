/* SPDX-License-Identifier: Apache-2.0 */
/* dice.h - rolls dice. */
#ifndef DICE_H
#define DICE_H

/* Fills results, which has room for as many, with numbers from 1 to 6.
 * @return 0; -EINVAL: rolls is not a positive number */
int dice_roll(long rolls, int *results);

#endif
