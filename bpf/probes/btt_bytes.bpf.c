// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makes images of a power cut: the bytes that are written to a namespace,
 * whether they stay in the cache, and the flushes of a region.
 */
#include "nvdimm.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define WRITE_BYTES 1 /* rw of nsio_rw_bytes */
#define LINES (BSC_NSIO_MOST / BSC_NSIO_LINE)

static __always_inline void put_line(void *ctx, void *ndns, u64 offset,
				     const void *bytes, u32 size)
{
	struct bsc_event_nsio_line *e =
		BSC_EMIT(ctx, NSIO_LINE, nsio_line, BSC_NO_STACK);

	if (!e)
		return;
	e->ndns = (u64)ndns;
	e->offset = offset;
	e->size = size;
	e->reserved = 0;
	e->word0 = e->word1 = e->word2 = e->word3 = 0;
	e->word4 = e->word5 = e->word6 = e->word7 = 0;
	if (size == BSC_NSIO_LINE)
		bpf_probe_read_kernel(&e->word0, BSC_NSIO_LINE, bytes);
	else
		bpf_probe_read_kernel(&e->word0, size & (BSC_NSIO_LINE - 1),
				      bytes);
	BSC_COMMIT(e);
}

BSC_TWIN(nsio_line, NSIO_LINE, "fentry/nsio_rw_bytes", void *ndns, u64 offset,
	 void *buf, u64 size, int rw, u64 flags)
{
	u32 at;

	if (rw != WRITE_BYTES || size > BSC_NSIO_MOST)
		return 0;
	for (u32 line = 0; line < LINES; line++) {
		at = line * BSC_NSIO_LINE;
		if (at >= size)
			break;
		put_line(ctx, ndns, offset + at, (const char *)buf + at,
			 size - at < BSC_NSIO_LINE ? (u32)(size - at)
						   : BSC_NSIO_LINE);
	}
	return 0;
}

static __always_inline int put_past_cache(void *ctx, u64 address, u64 size)
{
	struct bsc_event_nvdimm_past_cache *e = BSC_EMIT(
		ctx, NVDIMM_PAST_CACHE, nvdimm_past_cache, BSC_NO_STACK);

	if (!e)
		return 0;
	e->address = address;
	e->size = size;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(nvdimm_copied, NVDIMM_PAST_CACHE, "fentry/__memcpy_flushcache",
	 u64 address, const void *from, u64 size)
{
	return put_past_cache(ctx, address, size);
}

BSC_TWIN(nvdimm_written_back, NVDIMM_PAST_CACHE, "fentry/arch_wb_cache_pmem",
	 u64 address, u64 size)
{
	return put_past_cache(ctx, address, size);
}

BSC_TWIN(nvdimm_flush, NVDIMM_FLUSH, "fentry/nvdimm_flush", void *region)
{
	struct bsc_event_nvdimm_flush *e =
		BSC_EMIT(ctx, NVDIMM_FLUSH, nvdimm_flush, BSC_NO_STACK);

	if (!e)
		return 0;
	e->region = (u64)region;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(nvdimm_flushed, NVDIMM_FLUSHED, "fexit/nvdimm_flush", void *region,
	 void *bio, int result)
{
	struct bsc_event_nvdimm_flushed *e =
		BSC_EMIT(ctx, NVDIMM_FLUSHED, nvdimm_flushed, BSC_NO_STACK);

	if (!e)
		return 0;
	e->region = (u64)region;
	e->result = result;
	e->reserved = 0;
	BSC_COMMIT(e);
	return 0;
}
