// SPDX-License-Identifier: GPL-2.0-only
/* Pages that are read and written without a bio: up to 6.2. */
#include "nvdimm.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline int put_page_step(void *ctx, u32 type, void *page,
					 u32 write, int result)
{
	struct bsc_event_rw_page *e =
		bsc_reserve(ctx, type, sizeof(*e), BSC_WITH_STACK);

	if (!e)
		return 0;
	e->page = (u64)page;
	e->write = write;
	e->result = result;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(rw_page, RW_PAGE, "fentry/btt_rw_page", void *bdev, u64 sector,
	 void *page, u32 opf)
{
	return put_page_step(ctx, BSC_EVENT_RW_PAGE, page, opf & 1, 0);
}

BSC_TWIN(rw_page_done, RW_PAGE_DONE, "fexit/btt_rw_page", void *bdev,
	 u64 sector, void *page, u32 opf, int result)
{
	return put_page_step(ctx, BSC_EVENT_RW_PAGE_DONE, page, opf & 1,
			     result);
}

BSC_TWIN(page_ended, PAGE_ENDED, "fentry/page_endio", void *page, u32 write,
	 int error)
{
	return put_page_step(ctx, BSC_EVENT_PAGE_ENDED, page, write & 1, error);
}
