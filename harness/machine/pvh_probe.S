/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that does what a kernel must be able to do and leaves: long mode and paging, SSE, a hot
 * loop, an interrupt and a page fault through an IDT, a mapping changed under the TLB. Hosts have
 * been seen whose KVM can do the first of these and not the rest.
 *
 * Entered by PVH: 32 bit, no paging, flat segments. Leaves by isa-debug-exit with DONE, or with the
 * number of the stage that failed.
 */
#define EXIT_PORT 0xf4
#define DONE 0x10

#define CR0_PE 0x00000001
#define CR0_MP 0x00000002
#define CR0_EM 0x00000004
#define CR0_PG 0x80000000
#define CR4_PAE 0x020
#define CR4_SSE 0x600
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100

#define PTE_TABLE 0x03 /* present, writable */
#define PTE_2M 0x83    /* and large */

#define CODE64 0x08
#define DATA 0x10

#define PAGE_A 0x400000 /* physical, and at the same virtual address */
#define PAGE_B 0x600000
#define WINDOW 0x40000000 /* virtual, mapped only by the page fault handler */

  .section .note, "a"
  .long 4, 8, 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
  .asciz "Xen"
  .quad start

  .text
  .code32
  .globl start
start:
  cli
  movl $stack_top, %esp

  movl $(pdpt + PTE_TABLE), pml4
  movl $(pd_low + PTE_TABLE), pdpt
  movl $(pd_window + PTE_TABLE), pdpt + 8
  movl $pd_low, %edi
  movl $PTE_2M, %eax
  movl $512, %ecx
1:movl %eax, (%edi)
  addl $0x200000, %eax
  addl $8, %edi
  decl %ecx
  jnz 1b

  movl %cr4, %eax
  orl $(CR4_PAE | CR4_SSE), %eax
  movl %eax, %cr4
  movl $pml4, %eax
  movl %eax, %cr3
  movl $MSR_EFER, %ecx
  rdmsr
  orl $EFER_LME, %eax
  wrmsr
  movl %cr0, %eax
  andl $~CR0_EM, %eax
  orl $(CR0_PG | CR0_MP | CR0_PE), %eax
  movl %eax, %cr0
  lgdt gdt_pointer
  ljmp $CODE64, $long_mode

  .code64
long_mode:
  movw $DATA, %ax
  movw %ax, %ds
  movw %ax, %es
  movw %ax, %ss

  movl $1, %ebx /* the stage */
  movaps ones(%rip), %xmm0
  addps ones(%rip), %xmm0
  addps ones(%rip), %xmm0
  cvttss2si %xmm0, %eax
  cmpl $3, %eax
  jne leave

  movl $2, %ebx
  movl $30000000, %ecx
1:decl %ecx
  jnz 1b

  movl $3, %ebx
  leaq on_breakpoint(%rip), %rax
  movl $(idt + 3 * 16), %edi
  call set_gate
  leaq on_page_fault(%rip), %rax
  movl $(idt + 14 * 16), %edi
  call set_gate
  lidt idt_pointer(%rip)
  int3
  cmpl $1, breakpoints(%rip)
  jne leave

  movl $4, %ebx
  movl $0xaaaa, PAGE_A
  movl $0xbbbb, PAGE_B
  movl $WINDOW, %esi
  movl (%rsi), %eax
  cmpl $0xaaaa, %eax
  jne leave
  cmpl $1, page_faults(%rip)
  jne leave

  movl $5, %ebx
  movl $(PAGE_B + PTE_2M), pd_window
  invlpg (%rsi)
  cmpl $0xbbbb, (%rsi)
  jne leave

  movl $DONE, %ebx
leave:
  movb %bl, %al
  outb %al, $EXIT_PORT
1:hlt
  jmp 1b

/* rax: the handler, below 4 GiB; rdi: its gate. */
set_gate:
  movw %ax, (%rdi)
  movw $CODE64, 2(%rdi)
  movw $0x8e00, 4(%rdi)
  shrl $16, %eax
  movw %ax, 6(%rdi)
  ret

on_breakpoint:
  incl breakpoints(%rip)
  iretq

on_page_fault:
  incl page_faults(%rip)
  pushq %rax
  movq %cr2, %rax
  cmpq $WINDOW, %rax
  jne leave
  movl $(PAGE_A + PTE_2M), pd_window
  popq %rax
  addq $8, %rsp /* the error code */
  iretq

  .data
  .balign 16
ones:
  .float 1, 1, 1, 1
gdt:
  .quad 0
  .quad 0x00af9a000000ffff
  .quad 0x00cf92000000ffff
gdt_pointer:
  .word . - gdt - 1
  .quad gdt
idt_pointer:
  .word 32 * 16 - 1
  .quad idt
breakpoints:
  .long 0
page_faults:
  .long 0

  .bss
  .balign 4096
pml4:
  .skip 4096
pdpt:
  .skip 4096
pd_low:
  .skip 4096
pd_window:
  .skip 4096
idt:
  .skip 32 * 16
  .skip 4096
stack_top:
