// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which cgroup a bio is charged to, and the life of the blkg that stands for
 * it on a queue. Memory is given at exit and taken at entry, as for bios.
 */
#include "emit.bpf.h"
#include "css.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline u64 queue_of(struct bio *bio)
{
	return (u64)BPF_CORE_READ(bio, bi_bdev, bd_queue);
}

static __always_inline struct cgroup_subsys_state *css_of(struct blkcg_gq *blkg)
{
	struct blkcg *blkcg = blkg ? BPF_CORE_READ(blkg, blkcg) : 0;

	return blkcg ? (void *)blkcg + bpf_core_field_offset(struct blkcg, css)
		     : 0;
}

BSC_TWIN(bio_charge, BIO_CHARGE, "fentry/submit_bio_noacct_nocheck",
	 struct bio *bio)
{
	struct blkcg_gq *blkg = BPF_CORE_READ(bio, bi_blkg);
	struct cgroup_subsys_state *css = css_of(blkg);
	struct bsc_event_bio_charge *e =
		BSC_EMIT(ctx, BIO_CHARGE, bio_charge, BSC_WITH_STACK);

	if (!e)
		return 0;
	e->bio = (u64)bio;
	e->blkg = (u64)blkg;
	e->css = (u64)css;
	e->blkg_queue = blkg ? (u64)BPF_CORE_READ(blkg, q) : 0;
	e->queue = queue_of(bio);
	e->dev = bsc_dev(bio->bi_bdev);
	e->size = bio->bi_iter.bi_size;
	e->opf = bio->bi_opf;
	e->flags = bsc_css_flags(css);
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(bio_associate, BIO_ASSOCIATE, "fexit/bio_associate_blkg_from_css",
	 struct bio *bio, struct cgroup_subsys_state *asked)
{
	struct blkcg_gq *blkg = BPF_CORE_READ(bio, bi_blkg);
	struct cgroup_subsys_state *css = css_of(blkg);
	struct bsc_event_bio_associate *e =
		BSC_EMIT(ctx, BIO_ASSOCIATE, bio_associate, BSC_NO_STACK);

	if (!e)
		return 0;
	e->bio = (u64)bio;
	e->asked = (u64)asked;
	e->blkg = (u64)blkg;
	e->css = (u64)css;
	e->queue = queue_of(bio);
	e->asked_flags = bsc_css_flags(asked);
	e->flags = bsc_css_flags(css);
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(bio_associate_from, BIO_ASSOCIATE_FROM,
	 "fentry/bio_clone_blkg_association", struct bio *bio,
	 struct bio *source)
{
	struct blkcg_gq *blkg = BPF_CORE_READ(source, bi_blkg);
	struct bsc_event_bio_associate_from *e = BSC_EMIT(
		ctx, BIO_ASSOCIATE_FROM, bio_associate_from, BSC_WITH_STACK);

	if (!e)
		return 0;
	e->bio = (u64)bio;
	e->source = (u64)source;
	e->blkg = (u64)blkg;
	e->css = (u64)css_of(blkg);
	BSC_COMMIT(e);
	return 0;
}

/* A failure is told too: 6.1 sends what it had of it to blkg_free_workfn. */
BSC_TWIN(blkg_alloc, BLKG_ALLOC, "fexit/blkg_alloc", struct blkcg *blkcg,
	 struct gendisk *disk, u32 gfp, struct blkcg_gq *blkg)
{
	struct bsc_event_blkg_alloc *e =
		BSC_EMIT(ctx, BLKG_ALLOC, blkg_alloc, BSC_NO_STACK);

	if (!e)
		return 0;
	e->blkg = (u64)blkg;
	e->css = (u64)blkcg + bpf_core_field_offset(struct blkcg, css);
	e->queue = (u64)BPF_CORE_READ(disk, queue);
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(blkg_create, BLKG_CREATE, "fexit/blkg_create", struct blkcg *blkcg,
	 struct gendisk *disk, struct blkcg_gq *given, struct blkcg_gq *blkg)
{
	struct bsc_event_blkg_create *e =
		BSC_EMIT(ctx, BLKG_CREATE, blkg_create, BSC_WITH_STACK);
	bool failed = bsc_is_error((u64)blkg);

	if (!e)
		return 0;
	e->blkg = failed ? 0 : (u64)blkg;
	e->css = (u64)blkcg + bpf_core_field_offset(struct blkcg, css);
	e->queue = (u64)BPF_CORE_READ(disk, queue);
	e->parent = failed ? 0 : (u64)BPF_CORE_READ(blkg, parent);
	e->root = (u64)BPF_CORE_READ(disk, queue, root_blkg);
	e->parent_css = (u64)BPF_CORE_READ(blkcg, css.parent);
	e->dev = bsc_encode_dev(BPF_CORE_READ(disk, part0, bd_dev));
	e->result = failed ? (s32)(s64)blkg : 0;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(blkg_destroy, BLKG_DESTROY, "fentry/blkg_destroy",
	 struct blkcg_gq *blkg)
{
	struct bsc_event_blkg_destroy *e =
		BSC_EMIT(ctx, BLKG_DESTROY, blkg_destroy, BSC_WITH_STACK);

	if (!e)
		return 0;
	e->blkg = (u64)blkg;
	e->css = (u64)css_of(blkg);
	e->queue = (u64)blkg->q;
	e->listed = BPF_CORE_READ(blkg, blkcg_node.pprev) != 0;
	e->reserved = 0;
	BSC_COMMIT(e);
	return 0;
}

/* Whoever drops the last reference is here: a completion, mostly. */
static __always_inline int on_blkg_release(void *ctx, struct percpu_ref *ref)
{
	struct blkcg_gq *blkg =
		(void *)ref - bpf_core_field_offset(struct blkcg_gq, refcnt);
	struct bsc_event_blkg_release *e =
		BSC_EMIT(ctx, BLKG_RELEASE, blkg_release, BSC_WITH_STACK);

	if (!e)
		return 0;
	e->blkg = (u64)blkg;
	e->css = (u64)css_of(blkg);
	e->queue = (u64)BPF_CORE_READ(blkg, q);
	BSC_COMMIT(e);
	return 0;
}

SEC("fentry/blkg_release")
int BPF_PROG(blkg_release_nested, struct percpu_ref *ref)
{
	return bsc_skipped(ctx, BSC_EVENT_BLKG_RELEASE)
		       ? on_blkg_release(ctx, ref)
		       : 0;
}

SEC("fentry/blkg_release")
int BPF_PROG(blkg_release, struct percpu_ref *ref)
{
	bsc_ran(ctx);
	return on_blkg_release(ctx, ref);
}

static __always_inline int on_blkg_release_rcu(void *ctx,
					       struct callback_head *head)
{
	struct blkcg_gq *blkg =
		(void *)head -
		bpf_core_field_offset(struct blkcg_gq, callback_head);
	struct bsc_event_blkg_release_rcu *e =
		BSC_EMIT(ctx, BLKG_RELEASE_RCU, blkg_release_rcu, BSC_NO_STACK);

	if (!e)
		return 0;
	e->blkg = (u64)blkg;
	e->css = (u64)css_of(blkg);
	e->queue = (u64)BPF_CORE_READ(blkg, q);
	BSC_COMMIT(e);
	return 0;
}

SEC("fentry/__blkg_release")
int BPF_PROG(blkg_release_rcu_nested, struct callback_head *head)
{
	return bsc_skipped(ctx, BSC_EVENT_BLKG_RELEASE_RCU)
		       ? on_blkg_release_rcu(ctx, head)
		       : 0;
}

SEC("fentry/__blkg_release")
int BPF_PROG(blkg_release_rcu, struct callback_head *head)
{
	bsc_ran(ctx);
	return on_blkg_release_rcu(ctx, head);
}

BSC_TWIN(blkg_free, BLKG_FREE, "fentry/blkg_free_workfn",
	 struct work_struct *work)
{
	struct bsc_event_blkg_free *e =
		BSC_EMIT(ctx, BLKG_FREE, blkg_free, BSC_WITH_STACK);

	if (!e)
		return 0;
	e->blkg = (u64)work - bpf_core_field_offset(struct blkcg_gq, free_work);
	BSC_COMMIT(e);
	return 0;
}

/* The first argument is a queue in 6.1 and a disk in 6.12; none is read. */
BSC_TWIN(blkcg_policy_on, BLKCG_POLICY_ON, "fexit/blkcg_activate_policy",
	 void *where, struct blkcg_policy *policy, int result)
{
	struct bsc_event_blkcg_policy_on *e =
		BSC_EMIT(ctx, BLKCG_POLICY_ON, blkcg_policy_on, BSC_NO_STACK);

	if (!e)
		return 0;
	e->policy = policy->plid;
	e->result = result;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(blkcg_policy_off, BLKCG_POLICY_OFF, "fentry/blkcg_deactivate_policy",
	 void *where, struct blkcg_policy *policy)
{
	struct bsc_event_blkcg_policy_off *e =
		BSC_EMIT(ctx, BLKCG_POLICY_OFF, blkcg_policy_off, BSC_NO_STACK);

	if (!e)
		return 0;
	e->policy = policy->plid;
	e->reserved = 0;
	BSC_COMMIT(e);
	return 0;
}
