/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a probe writes a record. One ring for all probes; the order of
 * reservation is the order of events. The sequence number is taken before
 * the reservation, so that a record without room leaves a hole.
 *
 *	struct bsc_event_bio_free *e = BSC_EMIT(ctx, BIO_FREE, bio_free, BSC_WITH_STACK);
 *	if (e) {
 *		e->bio = ...;
 *		BSC_COMMIT(e);
 *	}
 */
#ifndef BIOSCOPE_EMIT_BPF_H
#define BIOSCOPE_EMIT_BPF_H

#include "compat.bpf.h"
#include <bpf/bpf_tracing.h>
#include <bioscope/event.h>

#define BSC_NO_STACK 0
#define BSC_WITH_STACK 1

/* Inputs, set by the loader before the load. */
const volatile u32 bsc_stacks_wanted __weak = 1;
const volatile u64 bsc_bio_chain_endio __weak =
	0; /* its address, 0 if unknown */

/* Every object defines them; they are weak, so that the objects link into one. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, BSC_RING_BYTES);
} ring __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(u32));
	__uint(value_size, BSC_STACK_DEPTH * sizeof(u64));
} stacks __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} sequence __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BSC_MAX_TYPES);
	__type(key, u32);
	__type(value, u64);
} dropped __weak SEC(".maps");

static __always_inline u16 bsc_context(void)
{
	int count = bsc_preempt_count();
	u16 context = 0;

	if (count & 0x0000ff00)
		context |= BSC_CONTEXT_SOFTIRQ;
	if (count & 0x000f0000)
		context |= BSC_CONTEXT_HARDIRQ;
	if (count & 0x00f00000)
		context |= BSC_CONTEXT_NMI;
	return context;
}

/* From the kernel's own dev_t to the one that user space knows. */
static __always_inline u32 bsc_encode_dev(u32 dev)
{
	u32 major = dev >> 20, minor = dev & 0xfffff;

	return (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12);
}

static __always_inline u32 bsc_dev(struct block_device *bdev)
{
	return bdev ? bsc_encode_dev(bdev->bd_dev) : 0;
}

/* Interrupts nest inside programs, so both counters are atomic. */
static __always_inline u32 bsc_take_sequence(void)
{
	u32 zero = 0;
	u64 *last = bpf_map_lookup_elem(&sequence, &zero);

	return last ? (u32)__sync_fetch_and_add(last, 1) + 1 : 0;
}

static __always_inline void bsc_count_drop(u32 type)
{
	u64 *count = bpf_map_lookup_elem(&dropped, &type);

	if (count)
		__sync_fetch_and_add(count, 1);
}

static __always_inline void *bsc_reserve(void *ctx, u32 type, u64 size,
					 int with_stack)
{
	u64 time = bpf_ktime_get_ns();
	u32 seq = bsc_take_sequence();
	s32 stack = BSC_STACK_NONE;
	struct bsc_record *record;
	u64 id;

	/* Unwinding is slow: before the reservation, so that it blocks nobody. */
	if (with_stack && bsc_stacks_wanted) {
		long got = bpf_get_stackid(ctx, &stacks, 0);

		stack = got < 0 ? BSC_STACK_LOST : (s32)got;
	}
	record = bpf_ringbuf_reserve(&ring, sizeof(*record) + size, 0);
	if (!record) {
		bsc_count_drop(type);
		return 0;
	}
	id = bpf_get_current_pid_tgid();
	record->time = time;
	record->type = type;
	record->seq = seq;
	record->order = 0;
	record->tid = (u32)id;
	record->tgid = (u32)(id >> 32);
	record->cpu = (u16)bpf_get_smp_processor_id();
	record->context = bsc_context();
	record->stack = stack;
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	return record + 1;
}

/*
 * A program that is interrupted by its own hook on its CPU does not run for
 * the inner call: the kernel skips it and counts a miss. A hook that
 * interrupts hit (completions) therefore has two programs. The first leaves
 * a token, the second runs right after it in the same call and finds it; no
 * token means that the first was skipped, and the second writes the record.
 * Misses of the first and rescues by the second must be equal: the loader
 * compares them, and the difference is loss.
 *
 * The second program stands first in the source: what is attached last runs
 * first (bpf_trampoline_link_prog adds at the head).
 */
#define BSC_TOKEN_SOFTIRQ 0
#define BSC_TOKEN_HARDIRQ 1
#define BSC_TOKEN_TASKS 32768 /* pid_max of a guest with up to 32 vCPUs */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u64);
} tokens __weak SEC(".maps");

/* Not per CPU: a task that is preempted between the two may go on elsewhere. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BSC_TOKEN_TASKS);
	__type(key, u32);
	__type(value, u64);
} task_tokens __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BSC_MAX_TYPES);
	__type(key, u32);
	__type(value, u64);
} rescued __weak SEC(".maps");

/* One slot per level of nesting, and one for every task. */
static __always_inline u64 *bsc_token(void)
{
	u16 context = bsc_context();
	u32 slot = (u32)bpf_get_current_pid_tgid() % BSC_TOKEN_TASKS;

	if (!(context & (BSC_CONTEXT_HARDIRQ | BSC_CONTEXT_SOFTIRQ)))
		return bpf_map_lookup_elem(&task_tokens, &slot);
	slot = context & BSC_CONTEXT_HARDIRQ ? BSC_TOKEN_HARDIRQ
					     : BSC_TOKEN_SOFTIRQ;
	return bpf_map_lookup_elem(&tokens, &slot);
}

/* The first program of a pair ran. Both see the same ctx, no other call does. */
static __always_inline void bsc_ran(void *ctx)
{
	u64 *token = bsc_token();

	if (token)
		*token = (u64)ctx;
}

/* For the second program: whether the first was skipped. */
static __always_inline bool bsc_skipped(void *ctx, u32 type)
{
	u64 *token = bsc_token();
	u64 *count;

	if (!token)
		return false;
	if (*token == (u64)ctx) {
		*token = 0;
		return false;
	}
	count = bpf_map_lookup_elem(&rescued, &type);
	if (count)
		__sync_fetch_and_add(count, 1);
	return true;
}

/*
 * A probe of a hook that no interrupt hits. Where tasks preempt each other in
 * the middle of a probe, its twin is loaded too: NAME_preempted, the second
 * program of a pair as above.
 */
const volatile bool bsc_preemptible __weak = false;

/* Left alone by the formatter, which breaks the text of a pragma in two. */
/* clang-format off */
#define BSC_CALL(function, args...)                                            \
	_Pragma("GCC diagnostic push")                                         \
	_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")                 \
	return function(___bpf_ctx_cast(args));                                \
	_Pragma("GCC diagnostic pop")
/* clang-format on */

#define BSC_TWIN(name, NAME, hook, args...)                                    \
	static __always_inline int on_##name(unsigned long long *ctx, ##args); \
	SEC(hook) int name##_preempted(unsigned long long *ctx)                \
	{                                                                      \
		if (!bsc_skipped(ctx, BSC_EVENT_##NAME))                       \
			return 0;                                              \
		BSC_CALL(on_##name, args)                                      \
	}                                                                      \
	SEC(hook) int name(unsigned long long *ctx)                            \
	{                                                                      \
		if (bsc_preemptible)                                           \
			bsc_ran(ctx);                                          \
		BSC_CALL(on_##name, args)                                      \
	}                                                                      \
	static __always_inline int on_##name(unsigned long long *ctx, ##args)

#define BSC_EMIT(ctx, NAME, name, with_stack)                                  \
	((struct bsc_event_##name *)bsc_reserve(                               \
		ctx, BSC_EVENT_##NAME, sizeof(struct bsc_event_##name),        \
		with_stack))

/* Consumers are woken by their own poll interval, never from a probe. */
#define BSC_COMMIT(event)                                                      \
	bpf_ringbuf_submit((struct bsc_record *)(event) - 1, BPF_RB_NO_WAKEUP)

#define BPF_RB_NO_WAKEUP 1

#endif
