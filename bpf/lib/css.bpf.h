/* SPDX-License-Identifier: GPL-2.0-only */
/* What probes of cgroups read of a css. */
#ifndef BIOSCOPE_CSS_BPF_H
#define BIOSCOPE_CSS_BPF_H

#include "compat.bpf.h"
#include <bioscope/event.h>

static __always_inline u32 bsc_css_flags(struct cgroup_subsys_state *css)
{
	u32 flags;

	if (!css)
		return 0;
	flags = BPF_CORE_READ(css, flags) & (BSC_CSS_ONLINE | BSC_CSS_DYING);
	if (!BPF_CORE_READ(css, parent))
		flags |= BSC_CSS_ROOT;
	return flags;
}

/* Of the io controller; a group's own css has no subsystem. */
static __always_inline bool bsc_css_is_io(struct cgroup_subsys_state *css)
{
	struct cgroup_subsys *ss = BPF_CORE_READ(css, ss);

	return ss &&
	       BPF_CORE_READ(ss, id) ==
		       bpf_core_enum_value(enum cgroup_subsys_id, io_cgrp_id);
}

static __always_inline bool bsc_is_error(u64 pointer)
{
	return pointer >= (u64)-4095;
}

#endif
