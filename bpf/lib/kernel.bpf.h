/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's types, as far as the probes read them. Every structure is
 * relocated at load time (CO-RE), so order and offsets here mean nothing.
 */
#ifndef BIOSCOPE_KERNEL_BPF_H
#define BIOSCOPE_KERNEL_BPF_H

#define __VMLINUX_H__

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef signed int __s32;
typedef unsigned int __u32;
typedef signed long long __s64;
typedef unsigned long long __u64;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __s32 s32;
typedef __s64 s64;
typedef __u64 u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;

enum {
	false = 0,
	true = 1,
};

enum bpf_map_type {
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_STACK_TRACE = 7,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
	BPF_ANY = 0,
};

#pragma clang attribute push(__attribute__((preserve_access_index)),           \
			     apply_to = record)

typedef struct {
	int counter;
} atomic_t;

struct gendisk;
struct request_queue;

struct block_device {
	u32 bd_dev;
	void *bd_holder;
	int bd_holders;
	void *bd_claiming;
	void *bd_holder_dir;
	struct gendisk *bd_disk;
	struct request_queue *bd_queue;
};

struct bvec_iter {
	u64 bi_sector;
	u32 bi_size;
};

struct bio_set;
struct blkcg_gq;

struct bio {
	struct block_device *bi_bdev;
	u32 bi_opf;
	u16 bi_flags;
	u8 bi_status;
	atomic_t __bi_remaining;
	struct bvec_iter bi_iter;
	void *bi_end_io;
	void *bi_private;
	struct blkcg_gq *bi_blkg;
	atomic_t __bi_cnt;
	struct bio_set *bi_pool;
};

struct list_head {
	struct list_head *next;
};

struct gendisk {
	char disk_name[32];
	struct block_device *part0;
	struct list_head slave_bdevs;
	void *slave_dir;
	struct request_queue *queue;
	void *private_data;
};

struct request_queue {
	struct blkcg_gq *root_blkg;
};

struct mapped_device {
	struct gendisk *disk;
};

struct target_type {
	void *end_io;
};

struct dm_target {
	struct target_type *type;
};

struct dm_io {
	u8 status;
	atomic_t io_count;
	struct mapped_device *md;
	struct bio *orig_bio;
};

struct dm_target_io {
	u16 flags;
	struct dm_io *io;
	struct dm_target *ti;
	struct bio clone;
};

struct kernfs_node {
	const char *name;
};

struct cgroup_subsys {
	int id;
};

struct cgroup;

struct percpu_ref {
	unsigned long percpu_count_ptr;
};

struct work_struct {
	void *func;
};

struct callback_head {
	void *func;
};

struct rcu_work {
	struct work_struct work;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys *ss;
	struct percpu_ref refcnt;
	unsigned int flags;
	struct work_struct destroy_work;
	struct rcu_work destroy_rwork;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_subsys_state *subsys[1];
};

struct blkcg {
	struct cgroup_subsys_state css;
};

struct hlist_node {
	struct hlist_node **pprev;
};

struct blkcg_policy {
	int plid;
};

struct blkcg_gq {
	struct request_queue *q;
	struct hlist_node blkcg_node;
	struct blkcg *blkcg;
	struct blkcg_gq *parent;
	struct percpu_ref refcnt;
	struct work_struct free_work;
	struct callback_head callback_head; /* rcu_head to the preprocessor */
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct task_struct {
	struct css_set *cgroups;
};

struct bd_holder_disk {
	struct list_head list;
	int refcnt;
};

struct super_block {
	u32 s_dev;
};

struct inode {
	struct hlist_node i_hash;
	struct super_block *i_sb;
	u32 i_rdev;
};

struct address_space {
	struct inode *host;
	unsigned long nrpages;
};

struct folio {
	struct address_space *mapping;
	unsigned long index;
};

struct brd_device {
	struct gendisk *brd_disk;
	u64 brd_nr_pages;
};

struct bdev_inode {
	struct block_device bdev;
	struct inode vfs_inode;
};

#pragma clang attribute pop

enum cgroup_subsys_id {
	/* relocated by value */
	io_cgrp_id = 0,
};

enum req_flag_bits {
	/* relocated by value */
	__REQ_INTEGRITY = 1,
	__REQ_ALLOC_CACHE = 2,
	__REQ_SYNC = 3,
	__REQ_META = 4,
	__REQ_FUA = 5,
	__REQ_PREFLUSH = 6,
	__REQ_RAHEAD = 7,
	__REQ_BACKGROUND = 8,
	__REQ_NOWAIT = 9,
	__REQ_POLLED = 10,
};

#endif
