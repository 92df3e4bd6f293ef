// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ramdisk: what reaches the driver, and the pages that it puts in for it.
 * These programs keep brd loaded; its removal is watched by brd_unload.
 */
#include "emit.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline int put_io(void *ctx, struct block_device *bdev, u64 bio,
				  u64 sector, u32 size, u32 opf, u32 flags)
{
	struct brd_device *brd =
		(struct brd_device *)BPF_CORE_READ(bdev, bd_disk, private_data);
	u64 pages = BPF_CORE_READ(brd, brd_nr_pages);
	struct bsc_event_brd_io *e =
		BSC_EMIT(ctx, BRD_IO, brd_io, BSC_WITH_STACK);

	if (!e)
		return 0;
	e->brd = (u64)brd;
	e->bio = bio;
	e->sector = sector;
	e->pages = pages;
	e->dev = bsc_encode_dev(BPF_CORE_READ(bdev, bd_dev));
	e->size = size;
	e->opf = opf;
	e->flags = flags;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(brd_io, BRD_IO, "fentry/brd_submit_bio", struct bio *bio)
{
	return put_io(ctx, bio->bi_bdev, (u64)bio, bio->bi_iter.bi_sector,
		      bio->bi_iter.bi_size, bio->bi_opf, 0);
}

/* Whole pages past the bios, until 3222d8c2a7f8 took that way out of 6.3. */
BSC_TWIN(brd_page, BRD_IO, "fentry/brd_rw_page", struct block_device *bdev,
	 u64 sector, void *page, u32 op)
{
	return put_io(ctx, bdev, (u64)page, sector, 4096, op, BSC_BRD_PAGE);
}

BSC_TWIN(brd_page___none, BRD_IO, "fexit/brd_submit_bio", void *bio)
{
	return 0;
}

static __always_inline int put_stored(void *ctx, struct brd_device *brd,
				      u64 sector, u32 size, s32 result)
{
	u64 pages = BPF_CORE_READ(brd, brd_nr_pages);
	u32 dev = BPF_CORE_READ(brd, brd_disk, part0, bd_dev);
	struct bsc_event_brd_stored *e =
		BSC_EMIT(ctx, BRD_STORED, brd_stored, BSC_NO_STACK);

	if (!e)
		return 0;
	e->brd = (u64)brd;
	e->sector = sector;
	e->pages = pages;
	e->dev = bsc_encode_dev(dev);
	e->size = size;
	e->result = result;
	e->reserved = 0;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(brd_stored, BRD_STORED, "fexit/brd_do_bvec", struct brd_device *brd,
	 void *page, u32 size, u32 offset, u32 opf, u64 sector, int result)
{
	if (!(opf & 1))
		return 0;
	return put_stored(ctx, brd, sector, size, result);
}

/* Of one page; the copying comes later. */
BSC_TWIN(brd_stored___inserted, BRD_STORED, "fexit/brd_insert_page",
	 struct brd_device *brd, u64 sector, u32 gfp, int result)
{
	return put_stored(ctx, brd, sector, 512, result);
}
