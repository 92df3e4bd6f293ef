// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of the io controller's css, from the group that is made to the
 * memory that goes. Those of other controllers are none of ours.
 */
#include "emit.bpf.h"
#include "css.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline void name_of(char *name, struct cgroup *cgroup)
{
	const char *text = BPF_CORE_READ(cgroup, kn, name);

	__builtin_memset(name, 0, BSC_NAME_LEN);
	bpf_probe_read_kernel_str(name, BSC_NAME_LEN, text);
}

static __always_inline struct cgroup_subsys_state *
io_css_of(struct cgroup *cgroup)
{
	u64 slots = (u64)cgroup + bpf_core_field_offset(struct cgroup, subsys);
	u64 id = bpf_core_enum_value(enum cgroup_subsys_id, io_cgrp_id);
	struct cgroup_subsys_state *css = 0;

	bpf_probe_read_kernel(&css, sizeof(css),
			      (void *)(slots + id * sizeof(css)));
	return css;
}

BSC_TWIN(css_online, CSS_ONLINE, "fentry/blkcg_css_online",
	 struct cgroup_subsys_state *css)
{
	struct bsc_event_css_online *e =
		BSC_EMIT(ctx, CSS_ONLINE, css_online, BSC_NO_STACK);

	if (!e)
		return 0;
	e->css = (u64)css;
	e->parent = (u64)css->parent;
	e->cgroup = (u64)css->cgroup;
	name_of(e->name, css->cgroup);
	BSC_COMMIT(e);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
	struct bsc_event_cgroup_rmdir *e =
		BSC_EMIT(ctx, CGROUP_RMDIR, cgroup_rmdir, BSC_NO_STACK);

	if (!e)
		return 0;
	e->cgroup = (u64)cgroup;
	e->css = (u64)io_css_of(cgroup);
	name_of(e->name, cgroup);
	BSC_COMMIT(e);
	return 0;
}

/* Called by RCU, in a softirq. */
static __always_inline int on_css_killed_ref(void *ctx, struct percpu_ref *ref)
{
	struct cgroup_subsys_state *css =
		(void *)ref -
		bpf_core_field_offset(struct cgroup_subsys_state, refcnt);
	struct bsc_event_css_killed_ref *e;

	if (!bsc_css_is_io(css))
		return 0;
	e = BSC_EMIT(ctx, CSS_KILLED_REF, css_killed_ref, BSC_NO_STACK);
	if (!e)
		return 0;
	e->css = (u64)css;
	BSC_COMMIT(e);
	return 0;
}

SEC("fentry/css_killed_ref_fn")
int BPF_PROG(css_killed_ref_nested, struct percpu_ref *ref)
{
	return bsc_skipped(ctx, BSC_EVENT_CSS_KILLED_REF)
		       ? on_css_killed_ref(ctx, ref)
		       : 0;
}

SEC("fentry/css_killed_ref_fn")
int BPF_PROG(css_killed_ref, struct percpu_ref *ref)
{
	bsc_ran(ctx);
	return on_css_killed_ref(ctx, ref);
}

BSC_TWIN(css_offline, CSS_OFFLINE, "fentry/blkcg_css_offline",
	 struct cgroup_subsys_state *css)
{
	struct bsc_event_css_offline *e =
		BSC_EMIT(ctx, CSS_OFFLINE, css_offline, BSC_NO_STACK);

	if (!e)
		return 0;
	e->css = (u64)css;
	BSC_COMMIT(e);
	return 0;
}

/* Whoever drops the last reference is here. */
static __always_inline int on_css_release(void *ctx, struct percpu_ref *ref)
{
	struct cgroup_subsys_state *css =
		(void *)ref -
		bpf_core_field_offset(struct cgroup_subsys_state, refcnt);
	struct bsc_event_css_release *e;

	if (!bsc_css_is_io(css))
		return 0;
	e = BSC_EMIT(ctx, CSS_RELEASE, css_release, BSC_WITH_STACK);
	if (!e)
		return 0;
	e->css = (u64)css;
	BSC_COMMIT(e);
	return 0;
}

SEC("fentry/css_release")
int BPF_PROG(css_release_nested, struct percpu_ref *ref)
{
	return bsc_skipped(ctx, BSC_EVENT_CSS_RELEASE)
		       ? on_css_release(ctx, ref)
		       : 0;
}

SEC("fentry/css_release")
int BPF_PROG(css_release, struct percpu_ref *ref)
{
	bsc_ran(ctx);
	return on_css_release(ctx, ref);
}

BSC_TWIN(css_release_work, CSS_RELEASE_WORK, "fentry/css_release_work_fn",
	 struct work_struct *work)
{
	struct cgroup_subsys_state *css =
		(void *)work -
		bpf_core_field_offset(struct cgroup_subsys_state, destroy_work);
	struct bsc_event_css_release_work *e;

	if (!bsc_css_is_io(css))
		return 0;
	e = BSC_EMIT(ctx, CSS_RELEASE_WORK, css_release_work, BSC_NO_STACK);
	if (!e)
		return 0;
	e->css = (u64)css;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(css_free, CSS_FREE, "fentry/css_free_rwork_fn",
	 struct work_struct *work)
{
	struct cgroup_subsys_state *css =
		(void *)work - bpf_core_field_offset(struct cgroup_subsys_state,
						     destroy_rwork);
	struct bsc_event_css_free *e;

	if (!bsc_css_is_io(css))
		return 0;
	e = BSC_EMIT(ctx, CSS_FREE, css_free, BSC_NO_STACK);
	if (!e)
		return 0;
	e->css = (u64)css;
	BSC_COMMIT(e);
	return 0;
}
