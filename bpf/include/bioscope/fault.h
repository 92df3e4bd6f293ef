/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fault programs are told, and what they count. The loader writes
 * the sites before the load, so the verifier knows each as a constant and
 * drops what a plan does not use.
 */
#ifndef BIOSCOPE_FAULT_H
#define BIOSCOPE_FAULT_H

#include "limits.h"

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define BSC_FAULT_MAX 16 /* entries of a plan */
#define BSC_FAULT_TEXT 32 /* bytes of a name that a filter compares */

/* Where a site is hooked: so many of each kind. */
#define BSC_SLOTS_OF_A_KIND 8
#define BSC_SLOT_ENTRY 0 /* function entries */
#define BSC_SLOT_EXIT 8 /* function exits */
#define BSC_SLOT_POINT 16 /* race points */
#define BSC_SLOT_BIO 24 /* bios that are about to be submitted */
#define BSC_SLOTS 32

/* What a site does when a call passes its filters. */
enum bsc_fault_role {
	BSC_ROLE_NONE = 0,
	BSC_ROLE_DELAY = 1,
	BSC_ROLE_WAIT = 2, /* of a rendezvous: until the other site is met */
	BSC_ROLE_MEET = 3, /* that other site */
	BSC_ROLE_FAIL = 4,
};

enum bsc_fault_filter {
	BSC_FILTER_TASK = 1u << 0,
	BSC_FILTER_CGROUP = 1u << 1,
	BSC_FILTER_DEVICE = 1u << 2,
	BSC_FILTER_OPERATION = 1u << 3,
	BSC_FILTER_CONTEXT = 1u << 4,
};

enum bsc_fault_operation {
	BSC_OPERATION_READ = 0,
	BSC_OPERATION_WRITE = 1,
	BSC_OPERATION_DISCARD = 3,
	BSC_OPERATION_ZEROES = 9,
	BSC_OPERATION_FLUSH = 256, /* a preflush without data */
};

/* Flags of a bio, whose own numbers differ between kernels. */
enum bsc_bio_flag {
	BSC_BIO_SYNC = 1u << 0,
	BSC_BIO_META = 1u << 1,
	BSC_BIO_FUA = 1u << 2,
	BSC_BIO_PREFLUSH = 1u << 3,
	BSC_BIO_RAHEAD = 1u << 4,
	BSC_BIO_BACKGROUND = 1u << 5,
	BSC_BIO_NOWAIT = 1u << 6,
	BSC_BIO_POLLED = 1u << 7,
};

/* Which value of a function is meant: its argument from 0, or these. */
#define BSC_ARGUMENT_NONE (-1)
#define BSC_ARGUMENT_RETURN (-2)

/* The bytes that count have 0xff in the mask. */
struct bsc_fault_text {
	__u64 value[BSC_FAULT_TEXT / 8];
	__u64 mask[BSC_FAULT_TEXT / 8];
};

struct bsc_fault_site {
	__u32 role; /* enum bsc_fault_role */
	__u32 entry; /* of the plan, from 0 */
	__s32 bio; /* where the bio is */
	__s32 object; /* where the object is that the record names */
	__u64 hit; /* the first call that counts, from 1 */
	__u64 count; /* how many from there on */
	__u64 wait; /* ns: the delay, or the deadline of a rendezvous */
	__u32 filters; /* enum bsc_fault_filter */
	__u32 operation; /* enum bsc_fault_operation */
	__u32 flags; /* enum bsc_bio_flag, all of which must be set */
	__u32 context; /* enum bsc_context */
	__s32 error; /* what a failing function returns */
	__u32 reserved;
	struct bsc_fault_text task;
	struct bsc_fault_text cgroup;
	struct bsc_fault_text device;
	struct bsc_fault_text point;
};

/* Of an entry. */
struct bsc_fault_state {
	__u64 reached; /* calls of its site, whatever the filters say */
	__u64 hits; /* those that passed the filters */
	__u64 fired;
	__u64 over_budget; /* those that would have fired */
	__u64 waiting; /* tasks that wait for the other site just now */
	__u64 arrived; /* when the last of them came; ns */
	__u64 met; /* when the other site was met last; ns */
};

/* No delay may look like a hang: of all waits of a trial together, and of each where it is. */
#define BSC_FAULT_BUDGET_NS 4000000000ull
#define BSC_FAULT_CAP_HARDIRQ_NS 2000000ull
#define BSC_FAULT_CAP_ATOMIC_NS 20000000ull /* softirq, or preemption is off */
#define BSC_FAULT_CAP_TASK_NS 200000000ull
#define BSC_FAULT_CAP_ASLEEP_NS 1000000000ull /* a race point that sleeps */

/*
 * bioscope_point(name, object, flags, ticket, since), see patches/instrument:
 * a program makes it return 0, to go on, or how many microseconds to wait
 * before it is called again with the ticket of its last answer.
 */
#define BSC_POINT_BIO 1u /* object is a struct bio */
#define BSC_POINT_SLEEPS 2u
#define BSC_POINT_US_BITS 20
#define BSC_POINT_US_MAX ((1u << BSC_POINT_US_BITS) - 1)

#endif
