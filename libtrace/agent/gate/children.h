/* SPDX-License-Identifier: Apache-2.0 */
/* children.h - which programs that this one starts get the agent, too. */
#ifndef LT_AGENT_CHILDREN_H
#define LT_AGENT_CHILDREN_H

/** Takes the agent out of LD_PRELOAD where OTEL_C_CHILDREN is false. */
void children_start(void);

#endif
