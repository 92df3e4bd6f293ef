// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a bio. What gives it life is seen at exit, what takes it is
 * seen at entry: a reuse of the memory always comes after its release.
 */
#include "emit.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline bool flagged(struct bio *bio, u32 bit)
{
	return bio->bi_flags & (1u << bit);
}

BSC_TWIN(bio_alloc, BIO_ALLOC, "fexit/bio_alloc_bioset",
	 struct block_device *bdev, unsigned short nr_vecs, u32 opf, u32 gfp,
	 struct bio_set *bs, struct bio *bio)
{
	struct bsc_event_bio_alloc *e;

	if (!bio)
		return 0;
	e = BSC_EMIT(ctx, BIO_ALLOC, bio_alloc, BSC_NO_STACK);
	if (!e)
		return 0;
	e->bio = (u64)bio;
	e->bioset = (u64)bs;
	e->dev = bsc_dev(bdev);
	e->opf = opf;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(bio_init, BIO_INIT, "fentry/bio_init", struct bio *bio,
	 struct block_device *bdev, void *table, unsigned short max_vecs,
	 u32 opf)
{
	struct bsc_event_bio_init *e =
		BSC_EMIT(ctx, BIO_INIT, bio_init, BSC_NO_STACK);

	if (!e)
		return 0;
	e->bio = (u64)bio;
	e->dev = bsc_dev(bdev);
	e->opf = opf;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(bio_reset, BIO_RESET, "fentry/bio_reset", struct bio *bio,
	 struct block_device *bdev, u32 opf)
{
	struct bsc_event_bio_reset *e =
		BSC_EMIT(ctx, BIO_RESET, bio_reset, BSC_NO_STACK);

	if (!e)
		return 0;
	e->bio = (u64)bio;
	e->dev = bsc_dev(bdev);
	e->opf = opf;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(bio_clone, BIO_CLONE, "fexit/__bio_clone", struct bio *clone,
	 struct bio *source, u32 gfp, int ret)
{
	struct bsc_event_bio_clone *e;

	if (ret)
		return 0;
	e = BSC_EMIT(ctx, BIO_CLONE, bio_clone, BSC_NO_STACK);
	if (!e)
		return 0;
	e->clone = (u64)clone;
	e->source = (u64)source;
	e->sector = source->bi_iter.bi_sector;
	e->size = source->bi_iter.bi_size;
	e->opf = source->bi_opf;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(bio_chain, BIO_CHAIN, "fentry/bio_chain", struct bio *bio,
	 struct bio *parent)
{
	struct bsc_event_bio_chain *e =
		BSC_EMIT(ctx, BIO_CHAIN, bio_chain, BSC_NO_STACK);

	if (!e)
		return 0;
	e->bio = (u64)bio;
	e->parent = (u64)parent;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(bio_split, BIO_SPLIT, "fexit/bio_split", struct bio *bio, int sectors,
	 u32 gfp, struct bio_set *bs, struct bio *split)
{
	struct bsc_event_bio_split *e;

	if (!split)
		return 0;
	e = BSC_EMIT(ctx, BIO_SPLIT, bio_split, BSC_NO_STACK);
	if (!e)
		return 0;
	e->bio = (u64)bio;
	e->split = (u64)split;
	e->sectors = (u64)sectors;
	BSC_COMMIT(e);
	return 0;
}

SEC("tp_btf/block_split")
int BPF_PROG(block_split, struct bio *bio, unsigned int new_sector)
{
	struct bsc_event_block_split *e =
		BSC_EMIT(ctx, BLOCK_SPLIT, block_split, BSC_NO_STACK);

	if (!e)
		return 0;
	e->bio = (u64)bio;
	e->sector = bio->bi_iter.bi_sector;
	e->new_sector = new_sector;
	e->dev = bsc_dev(bio->bi_bdev);
	e->size = bio->bi_iter.bi_size;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(bio_submit, BIO_SUBMIT, "fentry/submit_bio_noacct", struct bio *bio)
{
	struct bsc_event_bio_submit *e =
		BSC_EMIT(ctx, BIO_SUBMIT, bio_submit, BSC_WITH_STACK);

	if (!e)
		return 0;
	e->bio = (u64)bio;
	e->sector = bio->bi_iter.bi_sector;
	e->end_io = (u64)bio->bi_end_io;
	e->private_data = (u64)bio->bi_private;
	e->dev = bsc_dev(bio->bi_bdev);
	e->size = bio->bi_iter.bi_size;
	e->opf = bio->bi_opf;
	e->flags = bio->bi_flags;
	BSC_COMMIT(e);
	return 0;
}

SEC("tp_btf/block_bio_remap")
int BPF_PROG(bio_remap, struct bio *bio, u32 dev, u64 from)
{
	struct bsc_event_bio_remap *e =
		BSC_EMIT(ctx, BIO_REMAP, bio_remap, BSC_NO_STACK);

	if (!e)
		return 0;
	e->bio = (u64)bio;
	e->sector = bio->bi_iter.bi_sector;
	e->from_sector = from;
	e->dev = bsc_dev(bio->bi_bdev);
	e->from_dev = bsc_encode_dev(dev);
	BSC_COMMIT(e);
	return 0;
}

static __always_inline int on_bio_endio(void *ctx, struct bio *bio)
{
	struct bsc_event_bio_endio *e =
		BSC_EMIT(ctx, BIO_ENDIO, bio_endio, BSC_WITH_STACK);
	u64 end_io;
	u32 flags = 0;

	if (!e)
		return 0;
	end_io = (u64)bio->bi_end_io;
	if (flagged(bio, bsc_bio_chain_bit))
		flags |= BSC_ENDIO_CHAIN;
	if (end_io && end_io == bsc_bio_chain_endio)
		flags |= BSC_ENDIO_CHAINED;
	if (bio->bi_opf &
	    (1u << bpf_core_enum_value(enum req_flag_bits, __REQ_INTEGRITY)))
		flags |= BSC_ENDIO_INTEGRITY;
	e->bio = (u64)bio;
	e->end_io = end_io;
	e->private_data = (u64)bio->bi_private;
	e->sector = bio->bi_iter.bi_sector;
	e->dev = bsc_dev(bio->bi_bdev);
	e->status = bio->bi_status;
	e->remaining = bio->__bi_remaining.counter;
	e->flags = flags;
	BSC_COMMIT(e);
	return 0;
}

SEC("fentry/bio_endio")
int BPF_PROG(bio_endio_nested, struct bio *bio)
{
	return bsc_skipped(ctx, BSC_EVENT_BIO_ENDIO) ? on_bio_endio(ctx, bio)
						     : 0;
}

SEC("fentry/bio_endio")
int BPF_PROG(bio_endio, struct bio *bio)
{
	bsc_ran(ctx);
	return on_bio_endio(ctx, bio);
}

static __always_inline int on_bio_put(void *ctx, struct bio *bio)
{
	struct bsc_event_bio_put *e =
		BSC_EMIT(ctx, BIO_PUT, bio_put, BSC_NO_STACK);
	u32 flags = 0;

	if (!e)
		return 0;
	if (flagged(bio, bsc_bio_reffed_bit))
		flags |= BSC_PUT_REFFED;
	if (bio->bi_opf &
	    (1u << bpf_core_enum_value(enum req_flag_bits, __REQ_ALLOC_CACHE)))
		flags |= BSC_PUT_CACHED;
	e->bio = (u64)bio;
	e->refs = bio->__bi_cnt.counter;
	e->flags = flags;
	BSC_COMMIT(e);
	return 0;
}

SEC("fentry/bio_put")
int BPF_PROG(bio_put_nested, struct bio *bio)
{
	return bsc_skipped(ctx, BSC_EVENT_BIO_PUT) ? on_bio_put(ctx, bio) : 0;
}

SEC("fentry/bio_put")
int BPF_PROG(bio_put, struct bio *bio)
{
	bsc_ran(ctx);
	return on_bio_put(ctx, bio);
}

static __always_inline int on_bio_free(void *ctx, struct bio *bio)
{
	struct bsc_event_bio_free *e =
		BSC_EMIT(ctx, BIO_FREE, bio_free, BSC_WITH_STACK);

	if (!e)
		return 0;
	e->bio = (u64)bio;
	e->bioset = (u64)bio->bi_pool;
	BSC_COMMIT(e);
	return 0;
}

SEC("fentry/bio_free")
int BPF_PROG(bio_free_nested, struct bio *bio)
{
	return bsc_skipped(ctx, BSC_EVENT_BIO_FREE) ? on_bio_free(ctx, bio) : 0;
}

SEC("fentry/bio_free")
int BPF_PROG(bio_free, struct bio *bio)
{
	bsc_ran(ctx);
	return on_bio_free(ctx, bio);
}

BSC_TWIN(bioset_exit, BIOSET_EXIT, "fentry/bioset_exit", struct bio_set *bs)
{
	struct bsc_event_bioset_exit *e =
		BSC_EMIT(ctx, BIOSET_EXIT, bioset_exit, BSC_WITH_STACK);

	if (!e)
		return 0;
	e->bioset = (u64)bs;
	BSC_COMMIT(e);
	return 0;
}
