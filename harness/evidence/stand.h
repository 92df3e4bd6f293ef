// SPDX-License-Identifier: GPL-2.0-only
// Stand: where the vCPUs of a guest stand whose clock ran out, out of many looks through QEMU's
// monitor. Shows a defect of QEMU's emulation (harness/machine/late_cpus.h): a vCPU that traps
// on an int3 which its memory does not hold.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace bioscope::evidence {

struct Place {
  unsigned cpu = 0;
  std::uint64_t address = 0;  // program counter
  unsigned looks = 0;         // in which the vCPU was there
  std::string code{};         // the bytes in memory there, in hex; empty if they cannot be read
};

struct Trap {
  unsigned cpu = 0;
  std::uint64_t address = 0;
  bool operator==(const Trap&) const = default;
};

struct Stand {
  unsigned looks = 0;
  std::vector<Place> places{};  // by vCPU, then by address
  // What the exception frames hold of vCPUs that were seen at the start of the guest's int3
  // handler: the program counter that trapped is one of them, or the byte before.
  std::vector<Trap> traps{};

  // Where a vCPU was seen both to stand and to trap on an int3, though memory holds none there.
  std::optional<std::uint64_t> stale_int3() const;
};

// Answers a command of QEMU's human monitor; empty if it does not.
using Monitor = std::function<std::string(const std::string& command)>;

Stand look_around(const Monitor& monitor, unsigned looks);

void to_json(nlohmann::json& json, const Stand& stand);
void from_json(const nlohmann::json& json, Stand& stand);

}  // namespace bioscope::evidence
