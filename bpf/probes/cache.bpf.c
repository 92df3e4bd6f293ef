// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page cache: what begins and ends to be written back, and what is done to
 * the cache of a block device as a whole.
 */
#include "emit.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* A block device's own number, else that of the file system. */
static __always_inline u32 dev_of(struct address_space *mapping)
{
	u32 dev = BPF_CORE_READ(mapping, host, i_rdev);

	return bsc_encode_dev(dev ? dev
				  : BPF_CORE_READ(mapping, host, i_sb, s_dev));
}

static __always_inline int put_writeback(void *ctx, u32 type,
					 struct folio *folio)
{
	u64 mapping = (u64)BPF_CORE_READ(folio, mapping);
	struct bsc_event_writeback_begin *e =
		bsc_reserve(ctx, type, sizeof(*e), BSC_NO_STACK);

	if (!e)
		return 0;
	/* The low bits tell anonymous memory. */
	if (mapping & 3)
		mapping = 0;
	e->folio = (u64)folio;
	e->mapping = mapping;
	e->index = folio->index;
	e->dev = mapping ? dev_of((struct address_space *)mapping) : 0;
	e->reserved = 0;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(writeback_begin, WRITEBACK_BEGIN, "fexit/__folio_start_writeback",
	 struct folio *folio)
{
	return put_writeback(ctx, BSC_EVENT_WRITEBACK_BEGIN, folio);
}

/* Completions come from interrupts too. */
SEC("fentry/folio_end_writeback")
int BPF_PROG(writeback_end_nested, struct folio *folio)
{
	return bsc_skipped(ctx, BSC_EVENT_WRITEBACK_END)
		       ? put_writeback(ctx, BSC_EVENT_WRITEBACK_END, folio)
		       : 0;
}

SEC("fentry/folio_end_writeback")
int BPF_PROG(writeback_end, struct folio *folio)
{
	bsc_ran(ctx);
	return put_writeback(ctx, BSC_EVENT_WRITEBACK_END, folio);
}

static __always_inline int
put_cache_op(void *ctx, u32 op, struct block_device *bdev, u64 first, u64 last)
{
	struct bsc_event_cache_op *e;
	u64 pages;

	if (!bdev)
		return 0;
	pages = BPF_CORE_READ(bsc_bdev_mapping(bdev), nrpages);
	e = BSC_EMIT(ctx, CACHE_OP, cache_op, BSC_WITH_STACK);
	if (!e)
		return 0;
	e->bdev = (u64)bdev;
	e->pages = pages;
	e->first = first;
	e->last = last;
	e->dev = bsc_dev(bdev);
	e->op = op;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(cache_sync, CACHE_OP, "fentry/sync_blockdev",
	 struct block_device *bdev)
{
	return put_cache_op(ctx, BSC_CACHE_SYNC, bdev, 0, ~0ull);
}

BSC_TWIN(cache_invalidate, CACHE_OP, "fentry/invalidate_bdev",
	 struct block_device *bdev)
{
	return put_cache_op(ctx, BSC_CACHE_INVALIDATE, bdev, 0, ~0ull);
}

BSC_TWIN(cache_truncate, CACHE_OP, "fentry/truncate_bdev_range",
	 struct block_device *bdev, u32 mode, u64 first, u64 last)
{
	return put_cache_op(ctx, BSC_CACHE_TRUNCATE, bdev, first, last);
}
