// SPDX-License-Identifier: GPL-2.0-only
// What an uncompressed kernel says of itself: release, build id, PVH note, embedded configuration.
// Takes hostile input. This folder only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace bioscope::kernel {

struct Vmlinux {
  std::string release{};
  std::string build_id{};  // hex; empty if it has none
  bool pvh = false;
};

// A usage error if the bytes are not a vmlinux that could boot here.
Result<Vmlinux> parse_vmlinux(std::string_view bytes);

// The text of CONFIG_IKCONFIG=y, if it is there and whole.
std::optional<std::string> embedded_config(std::string_view bytes);

}  // namespace bioscope::kernel
