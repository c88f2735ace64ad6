/* SPDX-License-Identifier: Apache-2.0 */
/* coverage.h - included before every file of coverage.py's build: what ends by _exit, as a fork's
 * child does, writes its counts first. */
#if !defined(COVERAGE_H) && !defined(__ASSEMBLER__)
#define COVERAGE_H

#define _exit coverage_exit /* also in unistd.h, whose declaration does not make it external */

void coverage_real_exit(int status) __asm__("_exit") __attribute__((noreturn));
void __gcov_dump(void);

static inline void __attribute__((noreturn)) coverage_exit(int status)
{
	__gcov_dump();
	coverage_real_exit(status);
}

#endif
