// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holders and claims: which disk stands on which block device, and who has it
 * open exclusively meanwhile.
 */
#include "emit.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define SLAVES_OF_A_DISK 64 /* looked at when the kernel's count is read */

/*
 * The kernel's own count of a pair; -1 if it cannot be read, or if this kernel
 * counts no links. Nothing keeps the list still meanwhile.
 */
static __always_inline s32 read_refs(struct block_device *bdev,
				     struct gendisk *disk)
{
	const void *key = bsc_slave_key(bdev);
	const void *head =
		(void *)disk + bpf_core_field_offset(disk->slave_bdevs);
	const void *next = BPF_CORE_READ(disk, slave_bdevs.next);

	for (int i = 0; i < SLAVES_OF_A_DISK; i++) {
		const struct bd_holder_disk *entry;

		if (next == head)
			return 0;
		entry = next -
			bpf_core_field_offset(struct bd_holder_disk, list);
		if (bsc_holder_key(entry) == key)
			return bpf_core_field_exists(entry->refcnt)
				       ? BPF_CORE_READ(entry, refcnt)
				       : -1;
		next = BPF_CORE_READ(entry, list.next);
		if (!next)
			return -1;
	}
	return -1;
}

/* Its number no longer leads to it: del_gendisk has begun. */
static __always_inline bool is_removed(struct gendisk *disk)
{
	struct bdev_inode *node =
		(void *)BPF_CORE_READ(disk, part0) -
		bpf_core_field_offset(struct bdev_inode, bdev);

	return !BPF_CORE_READ(node, vfs_inode.i_hash.pprev);
}

static __always_inline int
enter_link(void *ctx, u32 type, struct block_device *bdev, struct gendisk *disk)
{
	u64 claimer = (u64)bdev->bd_holder;
	bool removed = is_removed(bdev->bd_disk);
	s32 refs = read_refs(bdev, disk);
	struct bsc_event_holder_link *e =
		bsc_reserve(ctx, type, sizeof(*e), BSC_WITH_STACK);

	if (!e)
		return 0;
	e->bdev = (u64)bdev;
	e->whole = (u64)bdev->bd_disk->part0;
	e->disk = (u64)disk;
	e->claimer = claimer;
	e->dev = bsc_dev(bdev);
	e->disk_dev = bsc_dev(disk->part0);
	e->refs = refs;
	e->flags = (removed ? 0 : BSC_HOLDER_SLAVE_LIVE) |
		   (disk->slave_dir ? BSC_HOLDER_DIR : 0);
	BSC_COMMIT(e);
	return 0;
}

static __always_inline int leave_link(void *ctx, u32 type,
				      struct block_device *bdev,
				      struct gendisk *disk, int result)
{
	s32 refs = read_refs(bdev, disk);
	struct bsc_event_holder_linked *e =
		bsc_reserve(ctx, type, sizeof(*e), BSC_NO_STACK);

	if (!e)
		return 0;
	e->bdev = (u64)bdev;
	e->disk = (u64)disk;
	e->dev = bsc_dev(bdev);
	e->disk_dev = bsc_dev(disk->part0);
	e->refs = refs;
	e->result = result;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(holder_link, HOLDER_LINK, "fentry/bd_link_disk_holder",
	 struct block_device *bdev, struct gendisk *disk)
{
	return enter_link(ctx, BSC_EVENT_HOLDER_LINK, bdev, disk);
}

BSC_TWIN(holder_linked, HOLDER_LINKED, "fexit/bd_link_disk_holder",
	 struct block_device *bdev, struct gendisk *disk, int result)
{
	return leave_link(ctx, BSC_EVENT_HOLDER_LINKED, bdev, disk, result);
}

BSC_TWIN(holder_unlink, HOLDER_UNLINK, "fentry/bd_unlink_disk_holder",
	 struct block_device *bdev, struct gendisk *disk)
{
	return enter_link(ctx, BSC_EVENT_HOLDER_UNLINK, bdev, disk);
}

BSC_TWIN(holder_unlinked, HOLDER_UNLINKED, "fexit/bd_unlink_disk_holder",
	 struct block_device *bdev, struct gendisk *disk)
{
	return leave_link(ctx, BSC_EVENT_HOLDER_UNLINKED, bdev, disk, 0);
}

/*
 * What was read is from before the record's place in the order: a record that
 * comes later cannot explain it.
 */
static __always_inline int put_claim(void *ctx, u32 type,
				     struct block_device *bdev, void *claimer,
				     int result)
{
	struct block_device *whole = bdev->bd_disk->part0;
	u64 claiming = (u64)whole->bd_claiming;
	s32 holders = bdev->bd_holders;
	s32 whole_holders = whole->bd_holders;
	struct bsc_event_claim_begin *e =
		bsc_reserve(ctx, type, sizeof(*e), BSC_WITH_STACK);

	if (!e)
		return 0;
	e->bdev = (u64)bdev;
	e->whole = (u64)whole;
	e->claimer = (u64)claimer;
	e->claiming = claiming;
	e->dev = bsc_dev(bdev);
	e->holders = holders;
	e->whole_holders = whole_holders;
	e->result = result;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(claim_begin, CLAIM_BEGIN, "fentry/bd_prepare_to_claim",
	 struct block_device *bdev, void *claimer)
{
	return put_claim(ctx, BSC_EVENT_CLAIM_BEGIN, bdev, claimer, 0);
}

BSC_TWIN(claim_tried, CLAIM_TRIED, "fexit/bd_prepare_to_claim",
	 struct block_device *bdev, void *claimer)
{
	return put_claim(ctx, BSC_EVENT_CLAIM_TRIED, bdev, claimer,
			 bsc_claim_result(ctx));
}

BSC_TWIN(claim_aborted, CLAIM_ABORTED, "fexit/bd_abort_claiming",
	 struct block_device *bdev, void *claimer)
{
	return put_claim(ctx, BSC_EVENT_CLAIM_ABORTED, bdev, claimer, 0);
}

static __always_inline bool is_error(const void *pointer)
{
	return (u64)pointer >= (u64)-4095;
}

BSC_TWIN(claim_opened, CLAIM_OPENED, "fexit/blkdev_get_by_dev", u32 dev,
	 u32 mode, void *claimer, struct block_device *bdev)
{
	if (!(mode & BSC_FMODE_EXCL) || is_error(bdev))
		return 0;
	return put_claim(ctx, BSC_EVENT_CLAIM_OPENED, bdev, claimer, 0);
}

BSC_TWIN(claim_opened___file, CLAIM_OPENED, "fexit/bdev_open",
	 struct block_device *bdev, u32 mode, void *claimer, void *operations,
	 void *file, int result)
{
	if (!claimer || result)
		return 0;
	return put_claim(ctx, BSC_EVENT_CLAIM_OPENED, bdev, claimer, 0);
}

static __always_inline int put_by_path(void *ctx, void *bdev, void *claimer)
{
	struct bsc_event_claim_by_path *e =
		BSC_EMIT(ctx, CLAIM_BY_PATH, claim_by_path, BSC_NO_STACK);

	if (!e)
		return 0;
	e->bdev = (u64)bdev;
	e->claimer = (u64)claimer;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(claim_by_path, CLAIM_BY_PATH, "fexit/blkdev_get_by_path",
	 const char *path, u32 mode, void *claimer, void *bdev)
{
	if (!(mode & BSC_FMODE_EXCL) || is_error(bdev))
		return 0;
	return put_by_path(ctx, bdev, claimer);
}

/* Here every open goes through bdev_open: nothing is left to be told. */
BSC_TWIN(claim_by_path___file, CLAIM_BY_PATH, "fexit/bdev_file_open_by_path",
	 const char *path)
{
	return 0;
}

BSC_TWIN(claim_drop, CLAIM_DROP, "fentry/blkdev_put", struct block_device *bdev,
	 u32 mode)
{
	if (!(mode & BSC_FMODE_EXCL))
		return 0;
	return put_claim(ctx, BSC_EVENT_CLAIM_DROP, bdev, bdev->bd_holder, 0);
}

BSC_TWIN(claim_drop___file, CLAIM_DROP, "fentry/bd_end_claim",
	 struct block_device *bdev, void *claimer)
{
	return put_claim(ctx, BSC_EVENT_CLAIM_DROP, bdev, claimer, 0);
}

/* The device may be gone by now: its address is all that is left. */
static __always_inline int put_dropped(void *ctx, void *bdev)
{
	struct bsc_event_claim_dropped *e =
		BSC_EMIT(ctx, CLAIM_DROPPED, claim_dropped, BSC_NO_STACK);

	if (!e)
		return 0;
	__builtin_memset(e, 0, sizeof(*e));
	e->bdev = (u64)bdev;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(claim_dropped, CLAIM_DROPPED, "fexit/blkdev_put", void *bdev, u32 mode)
{
	return mode & BSC_FMODE_EXCL ? put_dropped(ctx, bdev) : 0;
}

BSC_TWIN(claim_dropped___file, CLAIM_DROPPED, "fexit/bd_end_claim", void *bdev)
{
	return put_dropped(ctx, bdev);
}
