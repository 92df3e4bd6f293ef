// SPDX-License-Identifier: GPL-2.0-only
/*
 * The final status of a bio, also of one that its last chained child
 * completes. A group of its own: it costs one more record per bio.
 */
#include "emit.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline int on_bio_done(void *ctx, struct bio *bio)
{
	struct bsc_event_bio_done *e =
		BSC_EMIT(ctx, BIO_DONE, bio_done, BSC_NO_STACK);
	u64 end_io;

	if (!e)
		return 0;
	end_io = (u64)bio->bi_end_io;
	e->bio = (u64)bio;
	e->private_data = (u64)bio->bi_private;
	e->status = bio->bi_status;
	e->flags =
		end_io && end_io == bsc_bio_chain_endio ? BSC_ENDIO_CHAINED : 0;
	BSC_COMMIT(e);
	return 0;
}

/* What is attached to a tracepoint first runs first, unlike in a trampoline. */
SEC("tp_btf/block_bio_complete")
int BPF_PROG(bio_done, void *queue, struct bio *bio)
{
	bsc_ran(ctx);
	return on_bio_done(ctx, bio);
}

SEC("tp_btf/block_bio_complete")
int BPF_PROG(bio_done_nested, void *queue, struct bio *bio)
{
	return bsc_skipped(ctx, BSC_EVENT_BIO_DONE) ? on_bio_done(ctx, bio) : 0;
}
