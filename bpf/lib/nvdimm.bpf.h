/* SPDX-License-Identifier: GPL-2.0-only */
/* The types of libnvdimm and nd_btt, as far as the probes read them. */
#ifndef BIOSCOPE_NVDIMM_BPF_H
#define BIOSCOPE_NVDIMM_BPF_H

#include "emit.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)),           \
			     apply_to = record)

struct kobject {
	const char *name;
};

struct device {
	struct kobject kobj;
	struct device *parent;
};

struct nd_namespace_common {
	struct device dev;
	struct device *claim;
};

struct btt;

struct nd_btt {
	struct device dev;
	struct nd_namespace_common *ndns;
	struct btt *btt;
	int initial_offset;
};

struct btt {
	struct gendisk *btt_disk;
	struct nd_btt *nd_btt;
};

struct free_entry {
	u32 block;
	u8 has_err;
};

struct aligned_lock {
	u32 first; /* never read by name: its size and its first word count */
};

struct arena_info {
	u32 internal_nlba;
	u32 internal_lbasize;
	u32 external_nlba;
	u32 external_lbasize;
	u32 nfree;
	u32 sector_size;
	u64 infooff;
	u64 dataoff;
	u64 mapoff;
	u64 logoff;
	u64 info2off;
	struct free_entry *freelist;
	u32 *rtt;
	struct aligned_lock *map_locks;
	struct nd_btt *nd_btt;
	int log_index[2];
};

#pragma clang attribute pop

static __always_inline void bsc_device_name(char *name, u32 size,
					    struct device *device)
{
	bpf_probe_read_kernel_str(name, size, BPF_CORE_READ(device, kobj.name));
}

#endif
