// SPDX-License-Identifier: GPL-2.0-only
/* Disks come and go. */
#include "emit.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline int put_disk(void *ctx, u32 type, struct gendisk *disk,
				    int result)
{
	struct bsc_event_disk_add *e =
		bsc_reserve(ctx, type, sizeof(*e), BSC_NO_STACK);

	if (!e)
		return 0;
	e->disk = (u64)disk;
	e->bdev = (u64)disk->part0;
	e->dev = bsc_dev(disk->part0);
	e->result = result;
	bpf_core_read_str(e->name, sizeof(e->name), &disk->disk_name);
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(disk_add, DISK_ADD, "fexit/device_add_disk", void *parent,
	 struct gendisk *disk, void *groups, int result)
{
	return put_disk(ctx, BSC_EVENT_DISK_ADD, disk, result);
}

BSC_TWIN(disk_del, DISK_DEL, "fentry/del_gendisk", struct gendisk *disk)
{
	return put_disk(ctx, BSC_EVENT_DISK_DEL, disk, 0);
}

BSC_TWIN(disk_gone, DISK_GONE, "fexit/del_gendisk", struct gendisk *disk)
{
	return put_disk(ctx, BSC_EVENT_DISK_GONE, disk, 0);
}
