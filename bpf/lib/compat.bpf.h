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

/*
 * Who a struct bd_holder_disk is about: the block_device up to 6.1, its
 * directory holders/ from 6.2 (3b3449c1e6c3 "block: fix use after free for
 * bd_holder_dir").
 */
struct bd_holder_disk___by_bdev {
	struct block_device *bdev;
} __attribute__((preserve_access_index));

struct bd_holder_disk___by_dir {
	void *holder_dir;
} __attribute__((preserve_access_index));

static __always_inline const void *bsc_slave_key(struct block_device *bdev)
{
	if (bpf_core_field_exists(((struct bd_holder_disk___by_bdev *)0)->bdev))
		return bdev;
	return BPF_CORE_READ(bdev, bd_holder_dir);
}

static __always_inline const void *bsc_holder_key(const void *entry)
{
	const struct bd_holder_disk___by_bdev *by_bdev = entry;
	const struct bd_holder_disk___by_dir *by_dir = entry;

	if (bpf_core_field_exists(by_bdev->bdev))
		return BPF_CORE_READ(by_bdev, bdev);
	return BPF_CORE_READ(by_dir, holder_dir);
}

/*
 * The result of bd_prepare_to_claim, which takes the holder's operations as a
 * third argument from 6.5 (0718afd47f70 "block: introduce holder ops").
 */
struct blk_holder_ops___compat {
	void *mark_dead;
} __attribute__((preserve_access_index));

static __always_inline s32 bsc_claim_result(unsigned long long *ctx)
{
	u64 result;

	/* Kept apart, or one load at a computed place is made of the two. */
	if (bpf_core_type_exists(struct blk_holder_ops___compat)) {
		result = ctx[3];
		asm volatile("" : "+r"(result));
	} else {
		result = ctx[2];
		asm volatile("" : "+r"(result));
	}
	return (s32)result;
}

/* A claim was asked for by this bit of the mode up to 6.4. */
#define BSC_FMODE_EXCL 0x80

/*
 * The page cache of a block device: its inode's in 6.1, named directly in 6.12,
 * where nothing leads to the inode any more.
 */
struct address_space;

struct inode___by_mapping {
	struct address_space *i_mapping;
} __attribute__((preserve_access_index));

struct block_device___by_inode {
	struct inode___by_mapping *bd_inode;
} __attribute__((preserve_access_index));

struct block_device___by_mapping {
	struct address_space *bd_mapping;
} __attribute__((preserve_access_index));

static __always_inline struct address_space *
bsc_bdev_mapping(struct block_device *bdev)
{
	struct block_device___by_mapping *by_mapping = (void *)bdev;
	struct block_device___by_inode *by_inode = (void *)bdev;

	if (bpf_core_field_exists(by_mapping->bd_mapping))
		return BPF_CORE_READ(by_mapping, bd_mapping);
	return BPF_CORE_READ(by_inode, bd_inode, i_mapping);
}

/*
 * Where one hook does not do for all kernels, a program has flavours: NAME for
 * 6.1, NAME___file for kernels that open block devices as files (from 6.9,
 * f3a608827d1f "bdev: open block device as files"). The loader takes those whose
 * function is there, and reports them by the name before the flavour.
 */

#endif
