/* SPDX-License-Identifier: Apache-2.0 */
/* A library that needs static thread-local memory, of which little is left once a program runs. */
char *greedy_memory(void);

static __thread char memory[64] __attribute__((tls_model("initial-exec")));

char *greedy_memory(void)
{
	return memory;
}
