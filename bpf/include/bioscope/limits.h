/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits of the record ABI, shared by the BPF programs, the guest agent and
 * the host. Includes nothing.
 */
#ifndef BIOSCOPE_LIMITS_H
#define BIOSCOPE_LIMITS_H

#define BSC_ABI_VERSION 1

#define BSC_COMM_LEN 16 /* TASK_COMM_LEN */
#define BSC_NAME_LEN 32 /* DISK_NAME_LEN, and labels of marks */
#define BSC_UNLOADER "bsc-unload" /* the task whose frees are recorded */
#define BSC_STACK_DEPTH 20 /* frames kept of a stack */
#define BSC_MAX_CPUS 64 /* vCPUs of a guest */
#define BSC_MAX_TYPES 256 /* event numbers stay below */
#define BSC_RING_BYTES                                                         \
	(8u << 20) /* default; the loader may choose another power of two */

#endif
