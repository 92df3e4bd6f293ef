// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a task frees that takes a module out, by its name. Nothing here stands
 * in the module itself, which a program would keep loaded.
 */
#include "emit.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Compared as two numbers. */
static __always_inline bool is_unloader(void)
{
	const char wanted[BSC_COMM_LEN] = BSC_UNLOADER;
	char name[BSC_COMM_LEN] = {};

	bpf_get_current_comm(name, sizeof(name));
	return *(u64 *)name == *(const u64 *)wanted &&
	       *(u64 *)(name + 8) == *(const u64 *)(wanted + 8);
}

BSC_TWIN(page_freed, PAGE_FREED, "fentry/__free_pages", void *page, u32 order)
{
	struct bsc_event_page_freed *e;

	if (!is_unloader())
		return 0;
	e = BSC_EMIT(ctx, PAGE_FREED, page_freed, BSC_NO_STACK);
	if (!e)
		return 0;
	e->page = (u64)page;
	e->order = order;
	e->reserved = 0;
	BSC_COMMIT(e);
	return 0;
}
