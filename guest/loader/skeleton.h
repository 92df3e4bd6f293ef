// SPDX-License-Identifier: GPL-2.0-only
// Skeleton: the generated header of the BPF object, with the type names that it takes over from
// the BPF side.
#pragma once

#include <cstdint>

#include "bioscope/fault.h"

namespace bioscope::loader {
using u32 = std::uint32_t;
using u64 = std::uint64_t;
}  // namespace bioscope::loader

#include <bpf/libbpf.h>

#include <cerrno>
#include <cstdlib>

namespace bioscope::loader {
#include "bpf/probes.skel.h"
}  // namespace bioscope::loader
