/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between kernels that the probes know of, and nothing else.
 */
#ifndef BIOSCOPE_COMPAT_BPF_H
#define BIOSCOPE_COMPAT_BPF_H

#include "kernel.bpf.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/*
 * Bits of bi_flags. Their enum has no name, so CO-RE cannot relocate them;
 * the loader sets these inputs from the kernel's BTF. The values below are
 * those of 6.1 to 6.15.
 */
const volatile u32 bsc_bio_chain_bit __weak = 4; /* BIO_CHAIN */
const volatile u32 bsc_bio_reffed_bit __weak = 5; /* BIO_REFFED */

/*
 * preempt_count: a per-CPU variable of its own up to 6.1, part of pcpu_hot
 * from 6.2 (64701838bf05 "x86/percpu: Move preempt_count next to
 * current_task").
 */
struct pcpu_hot___compat {
	int preempt_count;
} __attribute__((preserve_access_index));

extern const int __preempt_count __ksym __weak;
extern const struct pcpu_hot___compat pcpu_hot __ksym __weak;

static __always_inline int bsc_preempt_count(void)
{
	if (&__preempt_count)
		return *(const int *)bpf_this_cpu_ptr(&__preempt_count);
	if (&pcpu_hot)
		return ((const struct pcpu_hot___compat *)bpf_this_cpu_ptr(
				&pcpu_hot))
			->preempt_count;
	return 0;
}

#endif
