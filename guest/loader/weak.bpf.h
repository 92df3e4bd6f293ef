/* SPDX-License-Identifier: GPL-2.0-only */
/* What bpf/lib defines in every object, so that objects can be linked into one. */
#pragma weak ring
#pragma weak stacks
#pragma weak sequence
#pragma weak dropped
#pragma weak bsc_stacks_wanted
#pragma weak bsc_bio_chain_bit
#pragma weak bsc_bio_reffed_bit
