/* SPDX-License-Identifier: Apache-2.0 */
/* children.h - which child programs get the agent, too. */
#ifndef LT_AGENT_CHILDREN_H
#define LT_AGENT_CHILDREN_H

/** Removes the agent from LD_PRELOAD where OTEL_C_CHILDREN is false. */
void children_start(void);

#endif
