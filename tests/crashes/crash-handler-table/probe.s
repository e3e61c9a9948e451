# int probe_read(const int *p, int *ret): 1 when reading faults
	.section .text.probe_read,"ax",@progbits
	.globl	probe_read
	.type	probe_read,@function
probe_read:
	.cfi_startproc
.Lread:	mov	(%rdi), %eax
	mov	%eax, (%rsi)
	xor	%eax, %eax
	ret
.Lfault:
	mov	$1, %eax
	ret
	.cfi_endproc
	.size	probe_read, .-probe_read

	.section .fixups,"a",@progbits
	.quad	.Lread, .Lfault
	.section .note.GNU-stack,"",@progbits
