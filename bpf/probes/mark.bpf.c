// SPDX-License-Identifier: GPL-2.0-only
/* Records that user space writes, in one order with the kernel's events. */
#include "emit.bpf.h"

char LICENSE[] SEC("license") = "GPL";

SEC("syscall")
int bsc_mark(struct bsc_event_mark *in)
{
	struct bsc_event_mark *e = BSC_EMIT(in, MARK, mark, BSC_NO_STACK);

	if (!e)
		return 1;
	__builtin_memcpy(e, in, sizeof(*e));
	((struct bsc_record *)e - 1)->context |= BSC_CONTEXT_USER;
	BSC_COMMIT(e);
	return 0;
}

SEC("syscall")
int bsc_snapshot_disk(struct bsc_event_snapshot_disk *in)
{
	struct bsc_event_snapshot_disk *e =
		BSC_EMIT(in, SNAPSHOT_DISK, snapshot_disk, BSC_NO_STACK);

	if (!e)
		return 1;
	__builtin_memcpy(e, in, sizeof(*e));
	((struct bsc_record *)e - 1)->context |= BSC_CONTEXT_USER;
	BSC_COMMIT(e);
	return 0;
}

SEC("syscall")
int bsc_snapshot_cgroup(struct bsc_event_snapshot_cgroup *in)
{
	struct bsc_event_snapshot_cgroup *e =
		BSC_EMIT(in, SNAPSHOT_CGROUP, snapshot_cgroup, BSC_NO_STACK);

	if (!e)
		return 1;
	__builtin_memcpy(e, in, sizeof(*e));
	((struct bsc_record *)e - 1)->context |= BSC_CONTEXT_USER;
	BSC_COMMIT(e);
	return 0;
}
