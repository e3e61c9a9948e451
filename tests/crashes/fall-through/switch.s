# A function in two sections, which the linker is expected to lay side by side. The tail of the
# first is an odd number of bytes so that no padding hides what follows.
	.section .text.switch_1,"ax",@progbits
	.globl	switch_task
	.type	switch_task,@function
switch_task:
	push	%rbx
	mov	%rdi, %rbx
	add	%rsi, %rbx
	.size	switch_task, .-switch_task
# falls through

	.section .text.switch_2,"ax",@progbits
	.type	switch_task_tail,@function
switch_task_tail:
	mov	%rbx, %rax
	pop	%rbx
	ret
	.size	switch_task_tail, .-switch_task_tail

# What then stands behind switch_task.
	.section .text.switch_3,"ax",@progbits
	.globl	switch_trap
	.type	switch_trap,@function
switch_trap:
	ud2
	.size	switch_trap, .-switch_trap

	.section .data.keep,"aw",@progbits
	.globl	switch_trap_ptr
switch_trap_ptr:
	.quad	switch_trap
	.section .note.GNU-stack,"",@progbits
