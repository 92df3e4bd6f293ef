// SPDX-License-Identifier: GPL-2.0-only
/*
 * A probe on a function that no kernel has. The meta suite uses it to prove
 * that a missing hook never looks like a pass.
 */
#include "emit.bpf.h"

char LICENSE[] SEC("license") = "GPL";

SEC("fentry/bioscope_no_such_function")
int BPF_PROG(absent, struct bio *bio)
{
	return 0;
}
