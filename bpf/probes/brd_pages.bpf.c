// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages as brd takes them, zeroed and from anywhere in memory, and single pages
 * that are given back. That they are brd's is for who knows what the task is at.
 */
#include "emit.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define GFP_HIGHMEM 0x02u
#define GFP_MOVABLE 0x08u
#define GFP_ZERO 0x100u

static __always_inline int put_page_event(void *ctx, u32 type, u64 page,
					  u32 order)
{
	struct bsc_event_page_taken *e =
		bsc_reserve(ctx, type, sizeof(*e), BSC_NO_STACK);

	if (!e)
		return 0;
	e->page = page;
	e->order = order;
	e->reserved = 0;
	BSC_COMMIT(e);
	return 0;
}

static __always_inline int taken(void *ctx, u32 gfp, u32 order, u64 page)
{
	if (!page || order ||
	    (gfp & (GFP_HIGHMEM | GFP_MOVABLE | GFP_ZERO)) !=
		    (GFP_HIGHMEM | GFP_ZERO))
		return 0;
	return put_page_event(ctx, BSC_EVENT_PAGE_TAKEN, page, order);
}

BSC_TWIN(page_taken, PAGE_TAKEN, "fexit/__alloc_pages", u32 gfp, u32 order,
	 int node, void *nodes, void *page)
{
	return taken(ctx, gfp, order, (u64)page);
}

/* Its name since b951aaff5035 (6.10). */
BSC_TWIN(page_taken___noprof, PAGE_TAKEN, "fexit/__alloc_pages_noprof", u32 gfp,
	 u32 order, int node, void *nodes, void *page)
{
	return taken(ctx, gfp, order, (u64)page);
}

BSC_TWIN(page_given_back, PAGE_FREED, "fentry/__free_pages", void *page,
	 u32 order)
{
	return order ? 0
		     : put_page_event(ctx, BSC_EVENT_PAGE_FREED, (u64)page,
				      order);
}
