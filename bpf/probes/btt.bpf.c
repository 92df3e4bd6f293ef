// SPDX-License-Identifier: GPL-2.0-only
/*
 * Block translation tables: lanes, what is read from and written to the medium
 * (which offsets make data, log or map of), and the life of a table.
 */
#include "nvdimm.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define WRITE_BYTES 1 /* rw of nsio_rw_bytes */

/* ---- what goes to and comes from the medium ---- */

static __always_inline u64 first_word(const void *buf, u64 size)
{
	u64 word = 0;

	bpf_probe_read_kernel(&word, size < 8 ? 4 : 8, buf);
	return word;
}

static __always_inline int begin_bytes(void *ctx, u32 type, void *ndns,
				       u64 offset, u64 word, u64 size,
				       u64 flags)
{
	struct bsc_event_nsio_read *e =
		bsc_reserve(ctx, type, sizeof(*e), BSC_NO_STACK);

	if (!e)
		return 0;
	e->ndns = (u64)ndns;
	e->offset = offset;
	e->word = word;
	e->size = (u32)size;
	e->flags = (u32)flags;
	BSC_COMMIT(e);
	return 0;
}

static __always_inline int end_bytes(void *ctx, u32 type, void *ndns,
				     u64 offset, u64 word, u64 size, int result)
{
	struct bsc_event_nsio_got *e =
		bsc_reserve(ctx, type, sizeof(*e), BSC_NO_STACK);

	if (!e)
		return 0;
	e->ndns = (u64)ndns;
	e->offset = offset;
	e->word = word;
	e->size = (u32)size;
	e->result = result;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(nsio_read, NSIO_READ, "fentry/nsio_rw_bytes", void *ndns, u64 offset,
	 void *buf, u64 size, int rw, u64 flags)
{
	if (rw == WRITE_BYTES)
		return 0;
	return begin_bytes(ctx, BSC_EVENT_NSIO_READ, ndns, offset, 0, size,
			   flags);
}

BSC_TWIN(nsio_got, NSIO_GOT, "fexit/nsio_rw_bytes", void *ndns, u64 offset,
	 void *buf, u64 size, int rw, u64 flags, int result)
{
	if (rw == WRITE_BYTES)
		return 0;
	return end_bytes(ctx, BSC_EVENT_NSIO_GOT, ndns, offset,
			 first_word(buf, size), size, result);
}

BSC_TWIN(nsio_write, NSIO_WRITE, "fentry/nsio_rw_bytes", void *ndns, u64 offset,
	 void *buf, u64 size, int rw, u64 flags)
{
	if (rw != WRITE_BYTES)
		return 0;
	return begin_bytes(ctx, BSC_EVENT_NSIO_WRITE, ndns, offset,
			   first_word(buf, size), size, flags);
}

BSC_TWIN(nsio_wrote, NSIO_WROTE, "fexit/nsio_rw_bytes", void *ndns, u64 offset,
	 void *buf, u64 size, int rw, u64 flags, int result)
{
	if (rw != WRITE_BYTES)
		return 0;
	return end_bytes(ctx, BSC_EVENT_NSIO_WROTE, ndns, offset,
			 first_word(buf, size), size, result);
}

/* ---- lanes ---- */

static __always_inline int put_lane(void *ctx, u32 type, void *region, u32 lane)
{
	struct bsc_event_lane_taken *e =
		bsc_reserve(ctx, type, sizeof(*e), BSC_NO_STACK);

	if (!e)
		return 0;
	e->region = (u64)region;
	e->lane = lane;
	e->reserved = 0;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(lane_wanted, LANE_WANTED, "fentry/nd_region_acquire_lane",
	 void *region)
{
	struct bsc_event_lane_wanted *e =
		BSC_EMIT(ctx, LANE_WANTED, lane_wanted, BSC_NO_STACK);

	if (!e)
		return 0;
	e->region = (u64)region;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(lane_taken, LANE_TAKEN, "fexit/nd_region_acquire_lane", void *region,
	 u32 lane)
{
	return put_lane(ctx, BSC_EVENT_LANE_TAKEN, region, lane);
}

BSC_TWIN(lane_released, LANE_RELEASED, "fentry/nd_region_release_lane",
	 void *region, u32 lane)
{
	return put_lane(ctx, BSC_EVENT_LANE_RELEASED, region, lane);
}

/* ---- a table and its arenas ---- */

BSC_TWIN(btt_arena, BTT_ARENA, "fexit/btt_freelist_init",
	 struct arena_info *arena, int result)
{
	struct nd_btt *nd_btt = BPF_CORE_READ(arena, nd_btt);
	u64 start = (u64)(u32)BPF_CORE_READ(nd_btt, initial_offset);
	struct bsc_event_btt_arena *e =
		BSC_EMIT(ctx, BTT_ARENA, btt_arena, BSC_NO_STACK);

	if (!e)
		return 0;
	e->arena = (u64)arena;
	e->ndns = (u64)BPF_CORE_READ(nd_btt, ndns);
	e->nd_btt = (u64)nd_btt;
	e->info = start + BPF_CORE_READ(arena, infooff);
	e->data = start + BPF_CORE_READ(arena, dataoff);
	e->map = start + BPF_CORE_READ(arena, mapoff);
	e->log = start + BPF_CORE_READ(arena, logoff);
	e->info2 = start + BPF_CORE_READ(arena, info2off);
	e->internal_lbas = BPF_CORE_READ(arena, internal_nlba);
	e->internal_size = BPF_CORE_READ(arena, internal_lbasize);
	e->external_lbas = BPF_CORE_READ(arena, external_nlba);
	e->external_size = BPF_CORE_READ(arena, external_lbasize);
	e->lanes = BPF_CORE_READ(arena, nfree);
	e->sector_size = BPF_CORE_READ(arena, sector_size);
	e->log_step = (u32)BPF_CORE_READ(arena, log_index[1]);
	e->result = result;
	BSC_COMMIT(e);
	return 0;
}

/* Of a lock of the map its first word is not 0 while somebody has it. */
static __always_inline bool map_is_locked(struct arena_info *arena, u32 lba)
{
	u64 locks = (u64)BPF_CORE_READ(arena, map_locks);
	u32 lanes = BPF_CORE_READ(arena, nfree);
	u32 word = 0;

	if (!locks || !lanes)
		return false;
	locks += (lba / BSC_MAP_ENTRIES_OF_A_LOCK) % lanes *
		 bpf_core_type_size(struct aligned_lock);
	bpf_probe_read_kernel(&word, sizeof(word), (const void *)locks);
	return word;
}

BSC_TWIN(btt_log, BTT_LOG, "fentry/__btt_log_write", struct arena_info *arena,
	 u32 lane, u32 sub, const void *entry)
{
	u64 rtt = (u64)BPF_CORE_READ(arena, rtt);
	u32 words[4] = {};
	u32 reading = 0;
	u32 flags = 0;
	struct bsc_event_btt_log *e;

	bpf_probe_read_kernel(words, sizeof(words), entry);
	if (map_is_locked(arena, words[0]))
		flags |= BSC_BTT_LOCKED;
	if (rtt)
		bpf_probe_read_kernel(&reading, sizeof(reading),
				      (const void *)(rtt + 4 * (u64)lane));
	if (reading)
		flags |= BSC_BTT_READING;
	e = BSC_EMIT(ctx, BTT_LOG, btt_log, BSC_WITH_STACK);
	if (!e)
		return 0;
	e->arena = (u64)arena;
	e->lane = lane;
	e->slot = sub;
	e->lba = words[0];
	e->old_map = words[1];
	e->new_map = words[2];
	e->sequence = words[3];
	e->flags = flags;
	e->reserved = 0;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(btt_clear, BTT_CLEAR, "fentry/arena_clear_freelist_error",
	 struct arena_info *arena, u32 lane)
{
	u64 entry = (u64)BPF_CORE_READ(arena, freelist) +
		    (u64)lane * bpf_core_type_size(struct free_entry);
	struct free_entry *free = (struct free_entry *)entry;
	struct bsc_event_btt_clear *e =
		BSC_EMIT(ctx, BTT_CLEAR, btt_clear, BSC_WITH_STACK);

	if (!e)
		return 0;
	e->arena = (u64)arena;
	e->lane = lane;
	e->block = BPF_CORE_READ(free, block);
	e->failed = BPF_CORE_READ(free, has_err);
	e->reserved = 0;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(btt_cleared, BTT_CLEARED, "fexit/arena_clear_freelist_error",
	 void *arena, u32 lane, int result)
{
	struct bsc_event_btt_cleared *e =
		BSC_EMIT(ctx, BTT_CLEARED, btt_cleared, BSC_NO_STACK);

	if (!e)
		return 0;
	e->arena = (u64)arena;
	e->lane = lane;
	e->result = result;
	BSC_COMMIT(e);
	return 0;
}

/* ---- bios, and the life of a table ---- */

static __always_inline int put_bio(void *ctx, u32 type, struct bio *bio,
				   u64 disk)
{
	struct bsc_event_btt_submit *e =
		bsc_reserve(ctx, type, sizeof(*e), BSC_NO_STACK);

	if (!e)
		return 0;
	e->bio = (u64)bio;
	e->disk = disk;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(btt_submit, BTT_SUBMIT, "fentry/btt_submit_bio", struct bio *bio)
{
	return put_bio(ctx, BSC_EVENT_BTT_SUBMIT, bio,
		       (u64)BPF_CORE_READ(bio, bi_bdev, bd_disk));
}

/* The bio may be gone by now. */
BSC_TWIN(btt_submitted, BTT_SUBMITTED, "fexit/btt_submit_bio", struct bio *bio)
{
	return put_bio(ctx, BSC_EVENT_BTT_SUBMITTED, bio, 0);
}

static __always_inline int put_table(void *ctx, u32 type, struct nd_btt *nd_btt,
				     struct btt *btt, int result)
{
	struct nd_namespace_common *ndns = BPF_CORE_READ(nd_btt, ndns);
	struct bsc_event_btt_attached *e =
		bsc_reserve(ctx, type, sizeof(*e), BSC_WITH_STACK);

	if (!e)
		return 0;
	e->nd_btt = (u64)nd_btt;
	e->btt = (u64)btt;
	e->ndns = (u64)ndns;
	e->claim = (u64)BPF_CORE_READ(ndns, claim);
	e->disk = btt ? (u64)BPF_CORE_READ(btt, btt_disk) : 0;
	e->result = result;
	e->reserved = 0;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(btt_attached, BTT_ATTACHED, "fexit/nvdimm_namespace_attach_btt",
	 struct nd_namespace_common *ndns, int result)
{
	/* The handle begins with its device, which the namespace is claimed by. */
	struct nd_btt *nd_btt = (void *)BPF_CORE_READ(ndns, claim) -
				bpf_core_field_offset(struct nd_btt, dev);

	return put_table(ctx, BSC_EVENT_BTT_ATTACHED, nd_btt,
			 BPF_CORE_READ(nd_btt, btt), result);
}

BSC_TWIN(btt_detach, BTT_DETACH, "fentry/nvdimm_namespace_detach_btt",
	 struct nd_btt *nd_btt)
{
	return put_table(ctx, BSC_EVENT_BTT_DETACH, nd_btt,
			 BPF_CORE_READ(nd_btt, btt), 0);
}

BSC_TWIN(btt_arenas_freed, BTT_ARENAS_FREED, "fentry/free_arenas",
	 struct btt *btt)
{
	return put_table(ctx, BSC_EVENT_BTT_ARENAS_FREED,
			 BPF_CORE_READ(btt, nd_btt), btt, 0);
}
