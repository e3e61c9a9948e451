	.section .text.entry,"ax",@progbits
	.globl asm_entry
	.type asm_entry, @function
asm_entry:
	lea 1(%rdi), %eax
	jmp asm_tail
	.size asm_entry, .-asm_entry
	.section .text.tail,"ax",@progbits
asm_tail:
	ret
	.section .text.dead,"ax",@progbits
	.globl asm_dead
	.type asm_dead, @function
asm_dead:
	mov $ABSOLUTE, %eax
	ret
	.size asm_dead, .-asm_dead
	.set ABSOLUTE, 0x1234
	.section .note.test,"a",@note
	.long 4, 4, 0xbad
	.asciz "abc"
	.long 1
	.section .note.GNU-stack,"",@progbits
