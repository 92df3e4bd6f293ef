// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/dm.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <cstring>

#include "bioscope/event.h"
#include "guest/scenario/attribute.h"
#include "harness/base/check.h"

namespace bioscope::scenario {
namespace {

constexpr char kControl[] = "/dev/mapper/control";
constexpr std::size_t kFirstAnswerBytes = 16384;

const dm_ioctl& header(const std::string& buffer) {
  return *reinterpret_cast<const dm_ioctl*>(buffer.data());
}

std::uint32_t flags_of(const SuspendOptions& options) {
  return (options.noflush ? DM_NOFLUSH_FLAG : 0) | (options.skip_lockfs ? DM_SKIP_LOCKFS_FLAG : 0);
}

}  // namespace

Result<std::shared_ptr<MappedDevice>> MappedDevice::open(Workload& workload, std::string name) {
  BSC_CHECK(!name.empty() && name.size() < DM_NAME_LEN);
  BSC_TRY(within("dm", workload.host().load_module("dm_mod")));
  Fd control;
  const bool opened = wait_until(kDeviceLimit, [&] {
    control.reset(::open(kControl, O_RDWR | O_CLOEXEC));
    return static_cast<bool>(control);
  });
  if (!opened) return guest_os_error(errno, "dm: cannot open {}", kControl);
  return std::shared_ptr<MappedDevice>(
      new MappedDevice(workload.host(), std::move(control), std::move(name)));
}

void MappedDevice::clean_up(Workload& workload, const std::shared_ptr<MappedDevice>& device) {
  workload.cleanup([device] {
    // Whoever still waits for a suspended device would keep it open for ever.
    if (device->suspended_) {
      const Status resumed = device->resume();
      EXPECT_TRUE(resumed) << resumed.error().text();
    }
    std::string in_flight;
    EXPECT_TRUE(wait_until(kDeviceLimit, [&] { return device->is_idle(in_flight); }))
        << device->name_ << " counts bios in flight (" << in_flight << ") when all is over";
    const Status removed = device->remove();
    EXPECT_TRUE(removed) << removed.error().text();
  });
}

// By the counts, of reads and of writes, that a suspend waits for.
bool MappedDevice::is_idle(std::string& in_flight) const {
  if (!there_ || disk_.name.empty()) return true;
  const auto counts = read_attribute(fmt::format("/sys/block/{}/inflight", disk_.name));
  in_flight = counts ? *counts : counts.error().text();
  return counts && in_flight.find_first_of("123456789") == std::string::npos;
}

Result<std::shared_ptr<MappedDevice>> MappedDevice::create(Workload& workload, std::string name,
                                                           const Table& table) {
  BSC_TRY_ASSIGN(auto device, open(workload, std::move(name)));
  Status made = device->make();
  if (made) made = device->make_live(table);
  if (!made) {
    if (const Status removed = device->remove(); !removed)
      made.error().what += fmt::format("; and {}", removed.error().text());
    return std::unexpected(std::move(made).error());
  }
  clean_up(workload, device);
  return device;
}

Result<std::shared_ptr<MappedDevice>> MappedDevice::create_empty(Workload& workload,
                                                                 std::string name) {
  BSC_TRY_ASSIGN(auto device, open(workload, std::move(name)));
  BSC_TRY(device->make());
  clean_up(workload, device);
  return device;
}

Status MappedDevice::make() {
  BSC_TRY_ASSIGN(const std::string answer, call(DM_DEV_CREATE, "create it"));
  there_ = true;
  // The kernel's 64-bit encoding is that of the record in its lower half.
  disk_.number = static_cast<std::uint32_t>(header(answer).dev);
  return {};
}

Status MappedDevice::make_live(const Table& table) {
  BSC_TRY(load(table));
  // The kernel adds the disk at the first load, and its size with the first live table.
  BSC_TRY(call(DM_DEV_SUSPEND, "make its table live"));
  BSC_TRY_ASSIGN(disk_, find_disk(host_, fmt::format("/dev/dm-{}", gnu_dev_minor(disk_.number))));
  return {};
}

Status MappedDevice::load(const Table& table, LoadOptions options) {
  BSC_TRY(call(DM_TABLE_LOAD, "load a table", options.read_only ? DM_READONLY_FLAG : 0,
               encode(table), static_cast<std::uint32_t>(table.size())));
  return {};
}

Status MappedDevice::clear() {
  BSC_TRY(call(DM_TABLE_CLEAR, "drop its loaded table"));
  return {};
}

Status MappedDevice::suspend(SuspendOptions options) {
  host_.mark(BSC_MARK_SUSPEND_BEGIN, disk_.number, name_);
  const auto answer = call(DM_DEV_SUSPEND, "suspend it", DM_SUSPEND_FLAG | flags_of(options));
  host_.mark(BSC_MARK_SUSPEND_END, disk_.number, name_);
  BSC_TRY(answer);
  suspended_ = true;
  host_.progress();
  return {};
}

Status MappedDevice::resume() {
  host_.mark(BSC_MARK_RESUME_BEGIN, disk_.number, name_);
  const auto answer = call(DM_DEV_SUSPEND, "resume it");
  host_.mark(BSC_MARK_RESUME_END, disk_.number, name_);
  BSC_TRY(answer);
  suspended_ = false;
  host_.progress();
  return {};
}

Status MappedDevice::swap(const Table& table, SuspendOptions options, LoadOptions load_options) {
  BSC_TRY(load(table, load_options));
  BSC_TRY(suspend(options));
  return resume();
}

Result<Table> MappedDevice::table() {
  return retrieve(DM_TABLE_STATUS, "read its table", DM_STATUS_TABLE_FLAG | DM_NOFLUSH_FLAG);
}

Result<Table> MappedDevice::status() {
  return retrieve(DM_TABLE_STATUS, "read its status", DM_NOFLUSH_FLAG);
}

Result<std::uint32_t> MappedDevice::wait_event(std::uint32_t event) {
  BSC_TRY_ASSIGN(const std::string answer, call(DM_DEV_WAIT, "wait for an event", DM_NOFLUSH_FLAG,
                                                std::string(kFirstAnswerBytes, '\0'), 0, event));
  return header(answer).event_nr;
}

Status MappedDevice::message(std::uint64_t sector, std::string_view text) {
  std::string data(sizeof(dm_target_msg), '\0');
  std::memcpy(data.data(), &sector, sizeof sector);
  data += text;
  data += '\0';
  BSC_TRY(call(DM_TARGET_MSG, fmt::format("send \"{}\"", text), 0, data));
  return {};
}

Status MappedDevice::remove(std::chrono::milliseconds limit) {
  if (!there_) return {};
  Status removed;
  wait_until(limit, [&] {
    const auto answer = call(DM_DEV_REMOVE, "remove it");
    removed = answer ? Status{} : Status(std::unexpected(answer.error()));
    return removed || removed.error().os_error != EBUSY;
  });
  if (!removed) {
    if (removed.error().os_error != EBUSY) return removed;
    const auto state = call(DM_DEV_STATUS, "read its state");
    return guest_os_error(EBUSY, "dm device {} is still open {} times after {} ms", name_,
                          state ? header(*state).open_count : -1, limit.count());
  }
  there_ = false;
  host_.mark(BSC_MARK_DISK_GONE, disk_.number, name_);
  host_.progress();
  return {};
}

Status MappedDevice::remove_deferred() {
  BSC_TRY(call(DM_DEV_REMOVE, "have it removed when closed", DM_DEFERRED_REMOVE));
  there_ = false;
  return {};
}

Result<std::string> MappedDevice::call(unsigned long request, std::string_view step,
                                       std::uint32_t flags, std::string_view data,
                                       std::uint32_t targets, std::uint32_t event) {
  std::string buffer(sizeof(dm_ioctl) + data.size(), '\0');
  dm_ioctl head{};
  head.version[0] = DM_VERSION_MAJOR;  // minor 0: the oldest interface, which all kernels keep
  head.data_size = static_cast<std::uint32_t>(buffer.size());
  head.data_start = sizeof(dm_ioctl);
  head.target_count = targets;
  head.flags = flags;
  head.event_nr = event;
  name_.copy(head.name, DM_NAME_LEN - 1);
  std::memcpy(buffer.data(), &head, sizeof head);
  data.copy(buffer.data() + sizeof head, data.size());

  if (::ioctl(control_.get(), request, buffer.data()) != 0)
    return guest_os_error(errno, "dm device {}: cannot {}", name_, step);
  return buffer;
}

Result<Table> MappedDevice::retrieve(unsigned long request, std::string_view step,
                                     std::uint32_t flags) {
  for (std::size_t room = kFirstAnswerBytes;; room *= 2) {
    BSC_TRY_ASSIGN(const std::string answer, call(request, step, flags, std::string(room, '\0')));
    const dm_ioctl& head = header(answer);
    if (head.flags & DM_BUFFER_FULL_FLAG) continue;
    if (head.data_start > answer.size())
      return guest_error("dm device {}: dm's answer starts past its own end", name_);
    return within(name_, decode(std::span(answer).subspan(head.data_start), head.target_count));
  }
}

}  // namespace bioscope::scenario
