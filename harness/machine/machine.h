// SPDX-License-Identifier: GPL-2.0-only
// Machine: one guest as five verbs: boot, next, send, perform, destroy. It reports what happened
// and judges nothing. LibvirtMachine is the real one (the only folder that knows libvirt);
// testing/ScriptedMachine plays a table. One thread uses a Machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/result.h"

namespace bioscope::machine {

enum class Accelerator { kTcg, kKvm };
std::string_view name(Accelerator accelerator);  // "tcg", "kvm"

struct Nvdimm {
  std::filesystem::path file{};   // created or grown by the caller; shared with the guest
  std::uint64_t data_bytes = 0;   // multiple of 16 MiB
  std::uint64_t label_bytes = 0;  // 0 or 2 MiB; the file is data + label
};

struct Disk {
  std::filesystem::path file{};  // raw
  std::string serial{};          // what "unplug" names; 1 to 20 letters, digits, '-' or '_'
};

struct MachineSpec {
  std::string name{};             // of the domain, unique within its root
  std::filesystem::path root{};   // made by Root::make(): sockets, logs, pid files
  std::filesystem::path cache{};  // where what libvirt knows of QEMU is kept; empty: nowhere
  // Empty: qemu:///embed?root=ROOT. Else a libvirt of this very machine; its QEMU is no child of
  // ours and must be seen, so the worker belongs under Isolation::kSubreaper then.
  std::string uri{};
  std::filesystem::path emulator{};  // empty: found
  std::filesystem::path kernel{};    // vmlinux with a PVH note, or bzImage
  std::filesystem::path initrd{};
  std::string command_line{};
  unsigned vcpus = 2;
  unsigned memory_mib = 512;
  Accelerator accelerator = Accelerator::kTcg;
  std::vector<Nvdimm> nvdimms{};
  std::vector<Disk> disks{};
  std::filesystem::path console{};  // the serial console's bytes are also written here
  std::filesystem::path images{};   // where "keep" puts its files; empty: nowhere
  unsigned watchdog_seconds = 0;    // 0: no watchdog device
  bool preserve_on_crash = false;
  std::filesystem::path terminal{};  // a socket that is the serial console too; empty: none
  std::filesystem::path gdb{};       // a socket on which QEMU's gdbstub listens; empty: none
};

enum class Channel { kControl, kTrace, kConsole };

struct Bytes {
  Channel channel{};
  std::string bytes{};
};

// QEMU closed it, which it does when it ends.
struct Closed {
  Channel channel{};
};

struct Lifecycle {
  enum class Kind {
    kStarted,
    kPanicked,    // pvpanic; kGone follows unless preserve_on_crash
    kPoweredOff,  // the guest asked for it; the last one
    kReset,       // the guest reset itself, and the machine ended with that; the last one
    kWatchdog,    // kGone follows
    kPaused,
    kResumed,
    kGone,  // QEMU is no more and the guest did not ask for it; the last one
  };
  Kind kind{};
  std::string detail{};
};

using Happening = std::variant<Bytes, Closed, Lifecycle>;

// A sample of how the host treats the guest.
struct Vitals {
  bool alive = false;          // the QEMU process exists
  bool stopped = false;        // by a signal
  std::uint64_t cpu_ns = 0;    // CPU time of all vCPU threads
  std::uint64_t delay_ns = 0;  // time that vCPU threads were runnable, or stopped, and did not run
};

// Asked for by the guest over the control channel, or by the user.
struct HostAction {
  // "kill", "stop", "cont", "starve" SECONDS, "unplug" SERIAL, "image" FROM TO: what one NVDIMM
  // holds at an instant is put on another of its size; "keep" NVDIMM NAME: and into a file
  // nvdimm-NAME, with its labels.
  std::string action{};
  std::string argument{};
};

class Machine {
 public:
  using time_point = Clock::time_point;

  virtual ~Machine() = default;  // destroys a machine that still runs

  // Defines and starts. Returns when QEMU runs; the channels are connected. Once only.
  virtual Status boot() = 0;
  // The next happening; nothing if `until` came first. After the last lifecycle what is left in
  // the channels still comes, then nothing for ever, at once.
  virtual Result<std::optional<Happening>> next(time_point until) = 0;
  // Queues bytes for the guest's control channel; never blocks.
  virtual Status send(std::string_view bytes) = 0;
  virtual Status perform(const HostAction& action) = 0;
  virtual Vitals vitals() = 0;
  // Asks QEMU's human monitor; empty if it does not answer within a moment.
  virtual std::string monitor(const std::string& command) = 0;
  // Writes the guest's memory to a file for crash(8) (flattened kdump, zlib). The guest stands
  // still meanwhile.
  virtual Status dump(const std::filesystem::path& file) = 0;
  // The definition as given to libvirt (domain.xml of the run directory).
  virtual std::string definition() const = 0;
  virtual void destroy() = 0;
};

// Connects, so that boot() has only to create the domain; kernel and initrd need not exist yet.
// An error is usage where the user can mend it (no QEMU, no driver, no such URI), else host.
Result<std::unique_ptr<Machine>> make_libvirt_machine(const MachineSpec& spec);

}  // namespace bioscope::machine
