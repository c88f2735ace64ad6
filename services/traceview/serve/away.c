/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/away.h"

#include "faults.h"

static struct fault faults[] = {
	{"collector-away", "exports are answered 503 or UNAVAILABLE, to be sent again later",
		"1: on", 1, 1},
};

void away_add(struct receiver *receiver)
{
	faults_add(faults, 1);
	receiver->away = &faults[0].now;
}
