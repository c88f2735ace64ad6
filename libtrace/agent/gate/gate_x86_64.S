/* SPDX-License-Identifier: Apache-2.0 */
/* gate_x86_64.S - the exported functions.  Each is one jump, so that arguments, variable ones too,
 * and the return address stay what they were; source of the registers:
 * https://gitlab.com/x86-psABIs/x86-64-ABI, "Function Calling Sequence". */
#include "gate/wrapped.h"

	.hidden	gate_slots, gate_functions, gate_enter, gate_symbol
	.hidden	gate_bound, gate_bound_offset, gate_bound_by_call, gate_bind
	.hidden	gate_dlsym, gate_dlvsym
	.hidden	gate_real_dlsym, gate_real_dlvsym

/* --- the wrapped functions: slot i leads to the core, or at first to enter_i ------------------ */

	.macro	wrap name
	.text
	.globl	\name
	.type	\name, @function
	.balign	16
\name:
.Lfunction_\name:
	.cfi_startproc
	endbr64
	jmp	*(gate_slots + 8 * index)(%rip)
	.cfi_endproc
	.size	\name, . - \name
.Lenter_\name:
	endbr64
	pushq	$index
	jmp	enter
	.section .data.rel, "aw", @progbits
	.quad	.Lenter_\name
	.set	index, index + 1
	.endm

	.section .data.rel, "aw", @progbits
	.balign	8
	.globl	gate_slots
gate_slots:
	.set	index, 0
#define HOOK_WRAPS(id, name) wrap name;
#include <hook_tables.h>
	.set	n_wrapped, index

	.globl	gate_functions /* by their names they might be another library's, loaded before */
gate_functions:
#define HOOK_WRAPS(id, name) .quad .Lfunction_##name;
#include <hook_tables.h>

/* Calls function(top of the stack, what is below it), and goes where it returns.  Nothing may be lost
 * on the way that an argument can be in: rax holds the number of vector registers used.  pushed: bytes
 * above the return address; room: so many that the stack is aligned. */
	.macro	go_by name, function, pushed, room
	.text
	.type	\name, @function
\name:
	.cfi_startproc
	.cfi_def_cfa_offset 8 + \pushed
	.irp	register, rax, rdi, rsi, rdx, rcx, r8, r9
	pushq	%\register
	.cfi_adjust_cfa_offset 8
	.endr
	subq	$\room, %rsp
	.cfi_adjust_cfa_offset \room
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7
	movups	%xmm\i, (16 * \i)(%rsp)
	.endr
	movq	(\room + 56)(%rsp), %rdi
	movq	(\room + 64)(%rsp), %rsi
	call	\function
	movq	%rax, %r11
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7
	movups	(16 * \i)(%rsp), %xmm\i
	.endr
	addq	$\room, %rsp
	.cfi_adjust_cfa_offset -\room
	.irp	register, r9, r8, rcx, rdx, rsi, rdi, rax
	popq	%\register
	.cfi_adjust_cfa_offset -8
	.endr
	addq	$\pushed, %rsp
	.cfi_adjust_cfa_offset -\pushed
	jmp	*%r11
	.cfi_endproc
	.size	\name, . - \name
	.endm

	go_by	enter, gate_enter, 8, 136 /* index, return address */

/* --- what dlsym hands out: function i of library l, at gate_bound + (l * n_wrapped + i) * 32 --- */

	.globl	gate_bound
	.type	gate_bound, @function
	.balign	32
gate_bound:
	.cfi_startproc
	.set	library, 1
	.rept	BOUND_LIBRARIES_MAX
	.set	index, 0
	.rept	n_wrapped
	.balign	32
	endbr64
	movq	gate_bound_offset(%rip), %r10
	movl	$library, %fs:(%r10)
	jmp	*(gate_slots + 8 * index)(%rip)
	.set	index, index + 1
	.endr
	.set	library, library + 1
	.endr
	.cfi_endproc
	.size	gate_bound, . - gate_bound

/* The same where a thread's word is found by a call only: at gate_bound_by_call + (l * n_wrapped + i) * 16. */
	go_by	bind, gate_bind, 16, 128 /* index, library */

	.globl	gate_bound_by_call
	.type	gate_bound_by_call, @function
	.balign	16
gate_bound_by_call:
	.cfi_startproc
	.set	library, 1
	.rept	BOUND_LIBRARIES_MAX
	.set	index, 0
	.rept	n_wrapped
	.balign	16
	endbr64
	pushq	$library
	pushq	$index
	jmp	bind
	.set	index, index + 1
	.endr
	.set	library, library + 1
	.endr
	.cfi_endproc
	.size	gate_bound_by_call, . - gate_bound_by_call

/* --- dlsym and dlvsym: the real ones look at their caller, so they are jumped to ---------------- */

	.macro	look_up name
	.globl	\name, gate_\name
	.type	\name, @function
	.balign	16
\name:
gate_\name:
	.cfi_startproc
	endbr64
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	.cfi_adjust_cfa_offset 24
	.ifc	\name, dlsym
	xorl	%edx, %edx
	.endif
	movq	24(%rsp), %rcx
	call	gate_symbol /* symbol and whether that is it */
	testq	%rdx, %rdx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	.cfi_adjust_cfa_offset -24
	jz	1f
	ret
1:	jmp	*gate_real_\name(%rip)
	.cfi_endproc
	.size	\name, . - \name
	.endm

	look_up	dlsym
	look_up	dlvsym

	.section .note.GNU-stack, "", @progbits

/* Every function here begins with endbr64 and returns to where it was called from: without this note the
 * whole object would count as not made for CET. x86-64-ABI, "Program Property". */
	.section .note.gnu.property, "a"
	.balign	8
	.long	4, 16, 5 /* sizes of name and description; NT_GNU_PROPERTY_TYPE_0 */
	.asciz	"GNU"
	.long	0xc0000002, 4, 3, 0 /* GNU_PROPERTY_X86_FEATURE_1_AND: IBT, SHSTK */
