/* SPDX-License-Identifier: Apache-2.0 */
/* sampler.h - for those who own a sampler. */
#ifndef LT_SAMPLER_H
#define LT_SAMPLER_H

#include <libtrace/sdk.h>

/** Frees a sampler of any kind; NULL is fine. */
void lt_sampler_free(struct lt_sampler *sampler);

#endif
