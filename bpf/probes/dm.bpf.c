// SPDX-License-Identifier: GPL-2.0-only
/* Device mapper: which clone belongs to which master, and when dm lets go. */
#include "emit.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* The dm_target_io around a clone. The pointer is a number to the verifier. */
static __always_inline struct dm_target_io *clone_to_tio(struct bio *clone)
{
	return (void *)clone -
	       bpf_core_field_offset(struct dm_target_io, clone);
}

BSC_TWIN(dm_map, DM_MAP, "fentry/__map_bio", struct bio *clone)
{
	struct dm_target_io *tio = clone_to_tio(clone);
	struct dm_io *io = BPF_CORE_READ(tio, io);
	struct bsc_event_dm_map *e =
		BSC_EMIT(ctx, DM_MAP, dm_map, BSC_NO_STACK);

	if (!e)
		return 0;
	e->clone = (u64)clone;
	e->master = (u64)BPF_CORE_READ(io, orig_bio);
	e->io = (u64)io;
	e->md = (u64)BPF_CORE_READ(io, md);
	e->target = (u64)BPF_CORE_READ(tio, ti);
	e->sector = clone->bi_iter.bi_sector;
	e->size = clone->bi_iter.bi_size;
	e->dev = bsc_encode_dev(BPF_CORE_READ(io, md, disk, part0, bd_dev));
	e->tio_flags = BPF_CORE_READ(tio, flags);
	if (BPF_CORE_READ(tio, ti, type, end_io))
		e->tio_flags |= BSC_MAP_TARGET_ENDS;
	e->io_count = BPF_CORE_READ(io, io_count.counter);
	BSC_COMMIT(e);
	return 0;
}

static __always_inline int on_dm_clone_endio(void *ctx, struct bio *clone)
{
	struct dm_io *io = BPF_CORE_READ(clone_to_tio(clone), io);
	struct bsc_event_dm_clone_endio *e =
		BSC_EMIT(ctx, DM_CLONE_ENDIO, dm_clone_endio, BSC_NO_STACK);

	if (!e)
		return 0;
	e->clone = (u64)clone;
	e->master = (u64)BPF_CORE_READ(io, orig_bio);
	e->io = (u64)io;
	e->status = clone->bi_status;
	e->io_count = BPF_CORE_READ(io, io_count.counter);
	BSC_COMMIT(e);
	return 0;
}

SEC("fentry/clone_endio")
int BPF_PROG(dm_clone_endio_nested, struct bio *clone)
{
	return bsc_skipped(ctx, BSC_EVENT_DM_CLONE_ENDIO)
		       ? on_dm_clone_endio(ctx, clone)
		       : 0;
}

SEC("fentry/clone_endio")
int BPF_PROG(dm_clone_endio, struct bio *clone)
{
	bsc_ran(ctx);
	return on_dm_clone_endio(ctx, clone);
}

static __always_inline int on_dm_io_complete(void *ctx, struct dm_io *io,
					     bool first_stage)
{
	struct bsc_event_dm_io_complete *e =
		BSC_EMIT(ctx, DM_IO_COMPLETE, dm_io_complete, BSC_NO_STACK);

	if (!e)
		return 0;
	e->io = (u64)io;
	e->master = (u64)io->orig_bio;
	e->md = (u64)io->md;
	e->status = io->status;
	e->first_stage = first_stage;
	BSC_COMMIT(e);
	return 0;
}

SEC("fentry/__dm_io_complete")
int BPF_PROG(dm_io_complete_nested, struct dm_io *io, bool first_stage)
{
	return bsc_skipped(ctx, BSC_EVENT_DM_IO_COMPLETE)
		       ? on_dm_io_complete(ctx, io, first_stage)
		       : 0;
}

SEC("fentry/__dm_io_complete")
int BPF_PROG(dm_io_complete, struct dm_io *io, bool first_stage)
{
	bsc_ran(ctx);
	return on_dm_io_complete(ctx, io, first_stage);
}

BSC_TWIN(dm_io_rewind, DM_IO_REWIND, "fexit/dm_io_rewind", struct dm_io *io)
{
	struct bio *master = io->orig_bio;
	struct bsc_event_dm_io_rewind *e =
		BSC_EMIT(ctx, DM_IO_REWIND, dm_io_rewind, BSC_NO_STACK);

	if (!e)
		return 0;
	e->io = (u64)io;
	e->master = (u64)master;
	e->parent = (u64)master->bi_private;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(dm_remap, DM_REMAP, "fentry/dm_submit_bio_remap", struct bio *clone,
	 struct bio *target_bio)
{
	struct dm_io *io = BPF_CORE_READ(clone_to_tio(clone), io);
	struct bsc_event_dm_remap *e =
		BSC_EMIT(ctx, DM_REMAP, dm_remap, BSC_NO_STACK);

	if (!e)
		return 0;
	e->clone = (u64)clone;
	e->sent = target_bio ? (u64)target_bio : (u64)clone;
	e->master = (u64)BPF_CORE_READ(io, orig_bio);
	e->io = (u64)io;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(dm_suspended, DM_SUSPENDED, "fexit/dm_suspend",
	 struct mapped_device *md, u32 options, int result)
{
	struct bsc_event_dm_suspended *e =
		BSC_EMIT(ctx, DM_SUSPENDED, dm_suspended, BSC_NO_STACK);

	if (!e)
		return 0;
	e->md = (u64)md;
	e->dev = bsc_encode_dev(md->disk->part0->bd_dev);
	e->options = options;
	e->result = result;
	e->reserved = 0;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(dm_resume, DM_RESUME, "fentry/dm_resume", struct mapped_device *md)
{
	struct bsc_event_dm_resume *e =
		BSC_EMIT(ctx, DM_RESUME, dm_resume, BSC_NO_STACK);

	if (!e)
		return 0;
	e->md = (u64)md;
	e->dev = bsc_encode_dev(md->disk->part0->bd_dev);
	e->reserved = 0;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(dm_polled, DM_POLLED, "fexit/dm_poll_bio", struct bio *bio,
	 void *batch, u32 flags, int done)
{
	struct bsc_event_dm_polled *e;

	if (!done)
		return 0;
	e = BSC_EMIT(ctx, DM_POLLED, dm_polled, BSC_NO_STACK);
	if (!e)
		return 0;
	e->bio = (u64)bio;
	BSC_COMMIT(e);
	return 0;
}
