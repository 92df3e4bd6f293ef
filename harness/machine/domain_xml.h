// SPDX-License-Identifier: GPL-2.0-only
// The domain's definition as libvirt reads it, out of a MachineSpec. Pure: nothing here looks at
// the host, so that the definition can be tested and printed without one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/machine/machine.h"

namespace bioscope::machine {

// What the host adds to the spec.
struct Wiring {
  std::filesystem::path control{};  // unix sockets that libvirt listens on
  std::filesystem::path trace{};
  // "+UID:+GID" that QEMU shall run as under a daemon; empty: the driver's own choice.
  std::string run_as{};
};

// A usage error names the field that no machine could be made of.
Status check(const MachineSpec& spec);

// `spec` has passed check() and its emulator is absolute.
std::string domain_xml(const MachineSpec& spec, const Wiring& wiring);

// The name by which a disk of this serial is unplugged.
std::string disk_alias(std::string_view serial);

}  // namespace bioscope::machine
