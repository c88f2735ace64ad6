/* SPDX-License-Identifier: Apache-2.0 */
/* gate_aarch64.S - the exported functions, as in gate_x86_64.S.  Registers x9 to x17 are free at a
 * call: https://github.com/ARM-software/abi-aa/blob/main/aapcs64/aapcs64.rst */
#include "gate/wrapped.h"

	.hidden	gate_slots, gate_functions, gate_enter, gate_symbol
	.hidden	gate_bound, gate_bound_offset, gate_bound_by_call, gate_bind
	.hidden	gate_dlsym, gate_dlvsym
	.hidden	gate_real_dlsym, gate_real_dlvsym
	.equ	BTI_C, 34 /* hint: where an indirect branch may land */
	.equ	BTI_JC, 38

	.macro	load register, symbol
	adrp	\register, \symbol
	ldr	\register, [\register, #:lo12:\symbol]
	.endm

/* --- the wrapped functions: slot i leads to the core, or at first to enter_i ------------------ */

	.macro	wrap name
	.text
	.globl	\name
	.type	\name, %function
	.balign	16
\name:
.Lfunction_\name:
	.cfi_startproc
	hint	#BTI_C
	load	x16, gate_slots + 8 * index
	br	x16
	.cfi_endproc
	.size	\name, . - \name
.Lenter_\name:
	hint	#BTI_JC
	mov	w16, #index
	b	enter
	.section .data.rel, "aw", %progbits
	.xword	.Lenter_\name
	.set	index, index + 1
	.endm

	.section .data.rel, "aw", %progbits
	.balign	8
	.globl	gate_slots
gate_slots:
	.set	index, 0
#define HOOK_WRAPS(id, name) wrap name;
#include <hook_tables.h>
	.set	n_wrapped, index

	.globl	gate_functions /* by their names they might be another library's, loaded before */
gate_functions:
#define HOOK_WRAPS(id, name) .xword .Lfunction_##name;
#include <hook_tables.h>

/* Calls function(w16, second), and goes where it returns. */
	.macro	go_by name, function, second
	.text
	.type	\name, %function
\name:
	.cfi_startproc
	stp	x29, x30, [sp, #-224]!
	.cfi_def_cfa_offset 224
	.cfi_offset x29, -224
	.cfi_offset x30, -216
	mov	x29, sp
	stp	x0, x1, [sp, #16]
	stp	x2, x3, [sp, #32]
	stp	x4, x5, [sp, #48]
	stp	x6, x7, [sp, #64]
	str	x8, [sp, #80]
	stp	q0, q1, [sp, #96]
	stp	q2, q3, [sp, #128]
	stp	q4, q5, [sp, #160]
	stp	q6, q7, [sp, #192]
	mov	w0, w16
	mov	x1, \second
	bl	\function
	mov	x16, x0
	ldp	x0, x1, [sp, #16]
	ldp	x2, x3, [sp, #32]
	ldp	x4, x5, [sp, #48]
	ldp	x6, x7, [sp, #64]
	ldr	x8, [sp, #80]
	ldp	q0, q1, [sp, #96]
	ldp	q2, q3, [sp, #128]
	ldp	q4, q5, [sp, #160]
	ldp	q6, q7, [sp, #192]
	ldp	x29, x30, [sp], #224
	.cfi_def_cfa_offset 0
	.cfi_restore x29
	.cfi_restore x30
	br	x16
	.cfi_endproc
	.size	\name, . - \name
	.endm

	go_by	enter, gate_enter, x30 /* index, return address */

/* --- what dlsym hands out: function i of library l, at gate_bound + (l * n_wrapped + i) * 64 --- */

	.globl	gate_bound
	.type	gate_bound, %function
	.balign	64
gate_bound:
	.cfi_startproc
	.set	library, 1
	.rept	BOUND_LIBRARIES_MAX
	.set	index, 0
	.rept	n_wrapped
	.balign	64
	hint	#BTI_C
	load	x17, gate_bound_offset
	mrs	x16, tpidr_el0
	mov	w9, #library
	str	w9, [x16, x17]
	load	x16, gate_slots + 8 * index
	br	x16
	.set	index, index + 1
	.endr
	.set	library, library + 1
	.endr
	.cfi_endproc
	.size	gate_bound, . - gate_bound

/* The same where a thread's word is found by a call only: at gate_bound_by_call + (l * n_wrapped + i) * 16. */
	go_by	bind, gate_bind, x17 /* index, library */

	.globl	gate_bound_by_call
	.type	gate_bound_by_call, %function
	.balign	16
gate_bound_by_call:
	.cfi_startproc
	.set	library, 1
	.rept	BOUND_LIBRARIES_MAX
	.set	index, 0
	.rept	n_wrapped
	.balign	16
	hint	#BTI_C
	mov	w16, #index
	mov	w17, #library
	b	bind
	.set	index, index + 1
	.endr
	.set	library, library + 1
	.endr
	.cfi_endproc
	.size	gate_bound_by_call, . - gate_bound_by_call

/* --- dlsym and dlvsym: the real ones look at their caller, so they are jumped to ---------------- */

	.macro	look_up name
	.globl	\name, gate_\name
	.type	\name, %function
	.balign	16
\name:
gate_\name:
	.cfi_startproc
	hint	#BTI_C
	stp	x29, x30, [sp, #-48]!
	.cfi_def_cfa_offset 48
	.cfi_offset x29, -48
	.cfi_offset x30, -40
	mov	x29, sp
	stp	x0, x1, [sp, #16]
	str	x2, [sp, #32]
	.ifc	\name, dlsym
	mov	x2, #0
	.endif
	mov	x3, x30
	bl	gate_symbol /* symbol and whether that is it */
	mov	x9, x1
	mov	x10, x0
	ldp	x0, x1, [sp, #16]
	ldr	x2, [sp, #32]
	ldp	x29, x30, [sp], #48
	.cfi_def_cfa_offset 0
	.cfi_restore x29
	.cfi_restore x30
	cbz	x9, 1f
	mov	x0, x10
	ret
1:	load	x16, gate_real_\name
	br	x16
	.cfi_endproc
	.size	\name, . - \name
	.endm

	look_up	dlsym
	look_up	dlvsym

	.section .note.GNU-stack, "", %progbits
