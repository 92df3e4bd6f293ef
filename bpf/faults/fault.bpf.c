// SPDX-License-Identifier: GPL-2.0-only
/*
 * The faults of a plan: they change what the kernel does and have no opinion
 * of it. Each program is one site, which its slot tells. A program that
 * nobody planned is not loaded.
 *
 * Waits never wait for a lock that the waiter could hold: they look at the
 * clock and at a word that the other site writes.
 *
 * What the slots share are functions of their own: inlined into each they
 * would make the object several times as large, which every run would read.
 */
#include "emit.bpf.h"
#include <bioscope/fault.h>

char LICENSE[] SEC("license") = "GPL";

const volatile struct bsc_fault_site bsc_fault_sites[BSC_SLOTS] = {};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BSC_FAULT_MAX);
	__type(key, u32);
	__type(value, struct bsc_fault_state);
} fault_states SEC(".maps");

/* Nanoseconds that waits of this trial have taken or may still take. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} fault_spent SEC(".maps");

/* A call of a site. */
struct call {
	struct bio *bio; /* null: there is none */
	u64 object;
	bool sleeps;
};

static __always_inline struct bsc_fault_state *state_of(u32 entry)
{
	return bpf_map_lookup_elem(&fault_states, &entry);
}

static __noinline int put(void *ctx, const struct bsc_event_fault *what,
			  int with_stack)
{
	struct bsc_event_fault *e = BSC_EMIT(ctx, FAULT, fault, with_stack);

	if (!e)
		return 0;
	*e = *what;
	BSC_COMMIT(e);
	return 0;
}

static __always_inline void record(void *ctx, u32 entry, u32 step, u64 object,
				   u64 hit, u64 waited, int with_stack)
{
	struct bsc_event_fault what = {entry, step, object, hit, waited};

	put(ctx, &what, with_stack);
}

/* ---- filters ---- */

static __always_inline bool equal(const volatile struct bsc_fault_text *wanted,
				  const u64 *text, u32 words)
{
	u64 differs = 0;

	for (u32 i = 0; i < words; i++)
		differs |= (text[i] ^ wanted->value[i]) & wanted->mask[i];
	return !differs;
}

static __always_inline bool
task_matches(const volatile struct bsc_fault_site *site)
{
	u64 comm[BSC_COMM_LEN / 8] = {};

	bpf_get_current_comm(comm, sizeof(comm));
	return equal(&site->task, comm, BSC_COMM_LEN / 8);
}

static __always_inline bool
cgroup_matches(const volatile struct bsc_fault_site *site)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u64 name[BSC_FAULT_TEXT / 8] = {};

	bpf_probe_read_kernel_str(
		name, sizeof(name),
		BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, name));
	return equal(&site->cgroup, name, BSC_FAULT_TEXT / 8);
}

static __always_inline bool
device_matches(const volatile struct bsc_fault_site *site, struct bio *bio)
{
	struct gendisk *disk = BPF_CORE_READ(bio, bi_bdev, bd_disk);
	u64 name[BSC_FAULT_TEXT / 8] = {};

	if (!disk)
		return false;
	bpf_probe_read_kernel_str(name, sizeof(name), &disk->disk_name);
	return equal(&site->device, name, BSC_FAULT_TEXT / 8);
}

#define BSC_REQ(flag)                                                          \
	(bpf_core_enum_value_exists(enum req_flag_bits, __REQ_##flag)          \
		 ? 1u << bpf_core_enum_value(enum req_flag_bits, __REQ_##flag) \
		 : 0)

static __always_inline bool operation_matches(u32 wanted, struct bio *bio,
					      u32 opf)
{
	if (wanted == BSC_OPERATION_FLUSH)
		return opf & BSC_REQ(PREFLUSH) &&
		       !BPF_CORE_READ(bio, bi_iter.bi_size);
	if (wanted == BSC_OPERATION_WRITE && opf & BSC_REQ(PREFLUSH) &&
	    !BPF_CORE_READ(bio, bi_iter.bi_size))
		return false;
	return (opf & 0xff) == wanted;
}

static __always_inline bool flags_match(u32 wanted, u32 opf)
{
	u32 set = 0;

#define BSC_TAKE(flag)                                                         \
	if (opf & BSC_REQ(flag))                                               \
	set |= BSC_BIO_##flag
	BSC_TAKE(SYNC);
	BSC_TAKE(META);
	BSC_TAKE(FUA);
	BSC_TAKE(PREFLUSH);
	BSC_TAKE(RAHEAD);
	BSC_TAKE(BACKGROUND);
	BSC_TAKE(NOWAIT);
	BSC_TAKE(POLLED);
#undef BSC_TAKE
	return (set & wanted) == wanted;
}

static __noinline bool matches(u32 slot, const struct call *call)
{
	const volatile struct bsc_fault_site *site;
	u32 filters;

	if (slot >= BSC_SLOTS)
		return false;
	site = &bsc_fault_sites[slot];
	filters = site->filters;

	if (filters & BSC_FILTER_CONTEXT && bsc_context() != site->context)
		return false;
	if (filters & BSC_FILTER_TASK && !task_matches(site))
		return false;
	if (filters & (BSC_FILTER_DEVICE | BSC_FILTER_OPERATION) ||
	    site->flags) {
		struct bio *bio = call->bio;
		u32 opf;

		if (!bio)
			return false;
		opf = BPF_CORE_READ(bio, bi_opf);
		if (filters & BSC_FILTER_OPERATION &&
		    !operation_matches(site->operation, bio, opf))
			return false;
		if (site->flags && !flags_match(site->flags, opf))
			return false;
		if (filters & BSC_FILTER_DEVICE && !device_matches(site, bio))
			return false;
	}
	return !(filters & BSC_FILTER_CGROUP) || cgroup_matches(site);
}

/* ---- who fires, and for how long ---- */

static __always_inline u64 capped(u64 wait, bool sleeps)
{
	u64 cap = sleeps ? BSC_FAULT_CAP_ASLEEP_NS : BSC_FAULT_CAP_TASK_NS;
	int count = bsc_preempt_count();

	if (count & 0x000f0000)
		cap = BSC_FAULT_CAP_HARDIRQ_NS;
	else if (count & 0x0000ffff)
		cap = BSC_FAULT_CAP_ATOMIC_NS;
	return wait < cap ? wait : cap;
}

/* Takes it from the budget; false if that has not so much left. */
static __always_inline bool take_budget(u64 ns)
{
	u32 zero = 0;
	u64 *spent = bpf_map_lookup_elem(&fault_spent, &zero);

	if (!spent)
		return false;
	if (__sync_fetch_and_add(spent, ns) + ns <= BSC_FAULT_BUDGET_NS)
		return true;
	__sync_fetch_and_add(spent, -ns);
	return false;
}

static __always_inline void give_back(u64 granted, u64 waited)
{
	u32 zero = 0;
	u64 *spent = bpf_map_lookup_elem(&fault_spent, &zero);

	if (spent && waited < granted)
		__sync_fetch_and_add(spent, waited - granted);
}

/* Which hit this is, if it is one that fires; else 0. */
static __always_inline u64 count_hit(u32 slot, struct bsc_fault_state *state,
				     const struct call *call)
{
	const volatile struct bsc_fault_site *site = &bsc_fault_sites[slot];
	u64 hit;

	if (!matches(slot, call))
		return 0;
	hit = __sync_fetch_and_add(&state->hits, 1) + 1;
	return hit >= site->hit && hit - site->hit < site->count ? hit : 0;
}

/* The partner of a rendezvous came by. */
static __always_inline void meet(void *ctx, u32 slot,
				 struct bsc_fault_state *state,
				 const struct call *call)
{
	u64 before = state->met;

	if (!matches(slot, call))
		return;
	state->met = bpf_ktime_get_ns();
	/* Who comes by while the waiters are about to leave is no news. */
	if (state->waiting && before <= state->arrived)
		record(ctx, bsc_fault_sites[slot].entry, BSC_FAULT_MEET,
		       call->object, 0, 0, BSC_WITH_STACK);
}

/* Begins a wait, or says why not. */
static __always_inline bool arrive(void *ctx, u32 entry,
				   struct bsc_fault_state *state,
				   const struct call *call, u64 hit, u64 wait)
{
	if (!take_budget(wait)) {
		__sync_fetch_and_add(&state->over_budget, 1);
		record(ctx, entry, BSC_FAULT_OVER_BUDGET, call->object, hit, 0,
		       BSC_NO_STACK);
		return false;
	}
	__sync_fetch_and_add(&state->fired, 1);
	state->arrived = bpf_ktime_get_ns();
	__sync_fetch_and_add(&state->waiting, 1);
	record(ctx, entry, BSC_FAULT_ARRIVE, call->object, hit, 0,
	       BSC_WITH_STACK);
	return true;
}

static __always_inline void leave(void *ctx, u32 entry,
				  struct bsc_fault_state *state,
				  const struct call *call, u64 hit, u32 step,
				  u64 granted, u64 waited)
{
	give_back(granted, waited);
	__sync_fetch_and_add(&state->waiting, -1);
	record(ctx, entry, step, call->object, hit, waited, BSC_NO_STACK);
}

/* ---- functions: the wait is busy ---- */

struct wait {
	u64 start;
	u64 deadline;
	u32 entry;
	bool met; /* whether to look for the partner; then whether it came */
};

static long look(u32 turn, struct wait *wait)
{
	struct bsc_fault_state *state;

	if (bpf_ktime_get_ns() >= wait->deadline) {
		wait->met = false;
		return 1;
	}
	if (!wait->met)
		return 0;
	state = state_of(wait->entry);
	return state && *(volatile u64 *)&state->met > wait->start;
}

/* bpf_loop ends by itself after so many turns. */
#define BSC_TURNS (1u << 23)
#define BSC_ROUNDS 8

static __always_inline void wait_busily(struct wait *wait)
{
	for (u32 round = 0; round < BSC_ROUNDS; round++)
		if (bpf_loop(BSC_TURNS, look, wait, 0) < BSC_TURNS)
			break;
}

static __noinline int on_function(u64 *ctx, u32 slot, bool exit)
{
	const volatile struct bsc_fault_site *site;
	struct bsc_fault_state *state;
	struct call call = {};
	struct wait wait = {};
	u64 value, hit, granted;

	if (slot >= BSC_SLOTS)
		return 0;
	site = &bsc_fault_sites[slot];
	state = state_of(site->entry);
	if (!state)
		return 0;
	if (site->object >= 0 &&
	    !bpf_get_func_arg(ctx, (u32)site->object, &value))
		call.object = value;
	if (exit && site->object == BSC_ARGUMENT_RETURN &&
	    !bpf_get_func_ret(ctx, &value))
		call.object = value;
	if (site->bio >= 0 && !bpf_get_func_arg(ctx, (u32)site->bio, &value))
		call.bio = (struct bio *)value;
	if (exit && site->bio == BSC_ARGUMENT_RETURN &&
	    !bpf_get_func_ret(ctx, &value))
		call.bio = (struct bio *)value;

	if (site->role == BSC_ROLE_MEET) {
		meet(ctx, slot, state, &call);
		return 0;
	}
	__sync_fetch_and_add(&state->reached, 1);
	hit = count_hit(slot, state, &call);
	if (!hit)
		return 0;
	granted = capped(site->wait, false);
	wait.start = bpf_ktime_get_ns();
	if (!arrive(ctx, site->entry, state, &call, hit, granted))
		return 0;
	wait.deadline = wait.start + granted;
	wait.entry = site->entry;
	wait.met = site->role == BSC_ROLE_WAIT;
	wait_busily(&wait);
	leave(ctx, site->entry, state, &call, hit,
	      site->role == BSC_ROLE_DELAY || wait.met ? BSC_FAULT_RELEASE
						       : BSC_FAULT_TIMEOUT,
	      granted, bpf_ktime_get_ns() - wait.start);
	return 0;
}

#define BSC_FUNCTION_SLOT(n)                                                   \
	SEC("fentry/fault_entry_" #n)                                          \
	int fault_entry_##n(u64 *ctx)                                          \
	{                                                                      \
		return on_function(ctx, BSC_SLOT_ENTRY + n, false);            \
	}                                                                      \
	SEC("fexit/fault_exit_" #n)                                            \
	int fault_exit_##n(u64 *ctx)                                           \
	{                                                                      \
		return on_function(ctx, BSC_SLOT_EXIT + n, true);              \
	}

BSC_FUNCTION_SLOT(0)
BSC_FUNCTION_SLOT(1)
BSC_FUNCTION_SLOT(2)
BSC_FUNCTION_SLOT(3)
BSC_FUNCTION_SLOT(4)
BSC_FUNCTION_SLOT(5)
BSC_FUNCTION_SLOT(6)
BSC_FUNCTION_SLOT(7)

/* ---- race points: the kernel waits, in slices ---- */

/* How long a rendezvous at a point stays away before it looks again. */
#define BSC_POINT_SLICE_NS 200000

static __always_inline int slice(u32 index, u64 ns)
{
	u64 us = (ns + 999) / 1000;

	if (us > BSC_POINT_US_MAX)
		us = BSC_POINT_US_MAX;
	return (int)((index + 1) << BSC_POINT_US_BITS | (u32)us);
}

/* Asked again by whoever waits already. */
static __noinline int on_point_again(void *ctx, u32 index,
				     const struct call *call, u64 since)
{
	const volatile struct bsc_fault_site *site;
	struct bsc_fault_state *state;
	u64 granted, waited, left;

	if (index >= BSC_SLOTS_OF_A_KIND)
		return 0;
	site = &bsc_fault_sites[BSC_SLOT_POINT + index];
	state = state_of(site->entry);
	if (!state)
		return 0;
	granted = capped(site->wait, call->sleeps);
	waited = bpf_ktime_get_ns() - since;
	if (site->role == BSC_ROLE_WAIT && state->met > since) {
		leave(ctx, site->entry, state, call, 0, BSC_FAULT_RELEASE,
		      granted, waited);
		return 0;
	}
	if (waited >= granted) {
		leave(ctx, site->entry, state, call, 0,
		      site->role == BSC_ROLE_WAIT ? BSC_FAULT_TIMEOUT
						  : BSC_FAULT_RELEASE,
		      granted, waited);
		return 0;
	}
	left = granted - waited;
	if (site->role == BSC_ROLE_WAIT && left > BSC_POINT_SLICE_NS)
		left = BSC_POINT_SLICE_NS;
	return slice(index, left);
}

static __noinline int on_point(void *ctx, u32 index, const u64 *name,
			       const struct call *call, bool busy)
{
	const volatile struct bsc_fault_site *site;
	struct bsc_fault_state *state;
	u64 hit, granted;

	if (index >= BSC_SLOTS_OF_A_KIND)
		return 0;
	site = &bsc_fault_sites[BSC_SLOT_POINT + index];
	if (site->role == BSC_ROLE_NONE ||
	    !equal(&site->point, name, BSC_FAULT_TEXT / 8))
		return 0;
	state = state_of(site->entry);
	if (!state)
		return 0;
	if (site->role == BSC_ROLE_MEET) {
		meet(ctx, BSC_SLOT_POINT + index, state, call);
		return 0;
	}
	__sync_fetch_and_add(&state->reached, 1);
	hit = count_hit(BSC_SLOT_POINT + index, state, call);
	/* One call waits for one entry. */
	if (!hit || busy)
		return 0;
	granted = capped(site->wait, call->sleeps);
	if (!arrive(ctx, site->entry, state, call, hit, granted))
		return 0;
	if (site->role == BSC_ROLE_WAIT && granted > BSC_POINT_SLICE_NS)
		granted = BSC_POINT_SLICE_NS;
	return slice(index, granted);
}

static __always_inline u64 argument(u64 *ctx, u32 index)
{
	u64 value = 0;

	bpf_get_func_arg(ctx, index, &value);
	return value;
}

/* By helper: the verifier of 6.1 lets nobody read a pointer to const void. */
SEC("fmod_ret/bioscope_point")
int fault_point(u64 *ctx)
{
	u64 object = argument(ctx, 1);
	u32 flags = (u32)argument(ctx, 2);
	u32 ticket = (u32)argument(ctx, 3);
	u64 since = argument(ctx, 4);
	u64 text[BSC_FAULT_TEXT / 8] = {};
	struct call call = {
		.bio = flags & BSC_POINT_BIO ? (struct bio *)object : 0,
		.object = object,
		.sleeps = flags & BSC_POINT_SLEEPS,
	};
	int answer = 0;

	if (!ticket)
		bpf_probe_read_kernel_str(text, sizeof(text),
					  (void *)argument(ctx, 0));
	for (u32 index = 0; index < BSC_SLOTS_OF_A_KIND; index++) {
		int said = 0;

		if (bsc_fault_sites[BSC_SLOT_POINT + index].role ==
		    BSC_ROLE_NONE)
			continue;
		if (!ticket)
			said = on_point(ctx, index, text, &call, answer);
		else if (ticket == index + 1)
			said = on_point_again(ctx, index, &call, since);
		if (said)
			answer = said;
	}
	return answer;
}

/* ---- bios that fail before they are submitted ---- */

static __noinline int on_bio(void *ctx, u32 index, struct bio *bio)
{
	const volatile struct bsc_fault_site *site;
	struct call call = {.bio = bio, .object = (u64)bio};
	struct bsc_fault_state *state;
	u64 hit;

	if (index >= BSC_SLOTS_OF_A_KIND)
		return 0;
	site = &bsc_fault_sites[BSC_SLOT_BIO + index];
	if (site->role != BSC_ROLE_FAIL)
		return 0;
	state = state_of(site->entry);
	if (!state)
		return 0;
	__sync_fetch_and_add(&state->reached, 1);
	hit = count_hit(BSC_SLOT_BIO + index, state, &call);
	if (!hit)
		return 0;
	__sync_fetch_and_add(&state->fired, 1);
	record(ctx, site->entry, BSC_FAULT_FAIL, call.object, hit, 0,
	       BSC_WITH_STACK);
	return site->error;
}

SEC("fmod_ret/should_fail_bio")
int BPF_PROG(fault_bio, struct bio *bio)
{
	int answer = 0;

	for (u32 index = 0; index < BSC_SLOTS_OF_A_KIND; index++) {
		int said = on_bio(ctx, index, bio);

		if (said)
			answer = said;
	}
	return answer;
}
