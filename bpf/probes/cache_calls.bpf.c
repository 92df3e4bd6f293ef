// SPDX-License-Identifier: GPL-2.0-only
/* A workload's calls and what they saw, written by itself as marks are. */
#include "emit.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define WRITTEN_BY_USER(name, NAME)                                            \
	SEC("syscall") int bsc_##name(struct bsc_event_##name *in)             \
	{                                                                      \
		struct bsc_event_##name *e =                                   \
			BSC_EMIT(in, NAME, name, BSC_NO_STACK);                \
                                                                               \
		if (!e)                                                        \
			return 1;                                              \
		__builtin_memcpy(e, in, sizeof(*e));                           \
		((struct bsc_record *)e - 1)->context |= BSC_CONTEXT_USER;     \
		BSC_COMMIT(e);                                                 \
		return 0;                                                      \
	}

WRITTEN_BY_USER(io_call, IO_CALL)
WRITTEN_BY_USER(io_return, IO_RETURN)
WRITTEN_BY_USER(io_seen, IO_SEEN)
