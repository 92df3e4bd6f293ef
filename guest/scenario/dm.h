// SPDX-License-Identifier: GPL-2.0-only
// MappedDevice: one device-mapper device, driven by ioctl. suspend, resume and remove leave marks
// around themselves in the record. The workload removes it in its cleanup (upper devices first); a
// device that cannot be removed then, or that counts bios in flight, is a claim about the kernel.
// Needs "module:dm_mod".
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "guest/scenario/disk.h"
#include "guest/scenario/dm_table.h"
#include "guest/scenario/wait.h"

namespace bioscope::scenario {

struct SuspendOptions {
  bool noflush = false;      // do not wait for queued I/O
  bool skip_lockfs = false;  // do not freeze a file system
};

struct LoadOptions {
  bool read_only = false;  // the device, and how dm opens what is below it
};

class MappedDevice {
 public:
  // Creates it, loads the table and makes it live. `name` is unique in the guest.
  static Result<std::shared_ptr<MappedDevice>> create(Workload& workload, std::string name,
                                                      const Table& table);
  // Creates it without a table: its disk comes with the first, which load() gives it.
  static Result<std::shared_ptr<MappedDevice>> create_empty(Workload& workload, std::string name);
  MappedDevice(const MappedDevice&) = delete;
  MappedDevice& operator=(const MappedDevice&) = delete;

  const BlockDevice& disk() const { return disk_; }

  Status suspend(SuspendOptions options = {});
  Status resume();  // makes a loaded table live
  Status load(const Table& table, LoadOptions options = {});
  Status clear();  // drops a loaded table that was not made live
  // load, suspend, resume
  Status swap(const Table& table, SuspendOptions options = {}, LoadOptions load_options = {});

  Result<Table> table();   // live targets with their parameters
  Result<Table> status();  // live targets with their status
  // Waits for an event past `event`; the new event number.
  Result<std::uint32_t> wait_event(std::uint32_t event);
  Status message(std::uint64_t sector, std::string_view text);  // to the target at `sector`

  // Asks again while the device is open, until `limit`. Does nothing once it is gone.
  Status remove(std::chrono::milliseconds limit = kDeviceLimit);
  // Goes when its last opener closes it; it counts as gone at once.
  Status remove_deferred();

 private:
  MappedDevice(Host& host, Fd control, std::string name)
      : host_(host), control_(std::move(control)), name_(std::move(name)) {}

  static Result<std::shared_ptr<MappedDevice>> open(Workload& workload, std::string name);
  static void clean_up(Workload& workload, const std::shared_ptr<MappedDevice>& device);
  bool is_idle(std::string& in_flight) const;
  Status make();
  Status make_live(const Table& table);
  Result<std::string> call(unsigned long request, std::string_view step, std::uint32_t flags = 0,
                           std::string_view data = {}, std::uint32_t targets = 0,
                           std::uint32_t event = 0);
  Result<Table> retrieve(unsigned long request, std::string_view step, std::uint32_t flags);

  Host& host_;
  Fd control_;
  std::string name_;
  BlockDevice disk_;
  bool there_ = false;
  bool suspended_ = false;
};

}  // namespace bioscope::scenario
