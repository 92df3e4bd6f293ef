// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/btt.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/nvdimm.h"
#include "guest/scenario/wait.h"

namespace bioscope::scenario {
namespace {

constexpr char kDevices[] = "/sys/bus/nd/devices";
constexpr char kDriver[] = "/sys/bus/nd/drivers/nd_pmem";
constexpr std::chrono::seconds kScanLimit{2};  // has begun before the agent did
constexpr std::uint64_t kInfo = 4096;          // version 1.1 leaves the first page alone

bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Status gone(const std::string& path) {
  if (wait_until(kDeviceLimit, [&] { return !is_there(path); })) return {};
  return guest_error("{} is still there after {} s", path, kDeviceLimit.count());
}

}  // namespace

BttNamespace::BttNamespace(Host& host, unsigned region)
    : host_(host), region_(region), name_(fmt::format("namespace{}.0", region)) {}

std::string BttNamespace::device(std::string_view device) const {
  return fmt::format("{}/{}", kDevices, device);
}

Result<std::shared_ptr<BttNamespace>> BttNamespace::find(Workload& workload, unsigned region) {
  BSC_TRY(within("btt", workload.host().load_module("nd_btt")));
  BSC_TRY_ASSIGN([[maybe_unused]] const bool made, within("btt", make_namespace(workload, region)));
  std::shared_ptr<BttNamespace> found(new BttNamespace(workload.host(), region));
  if (is_there(found->device(found->name_) + "/driver"))
    BSC_TRY(write_attribute(fmt::format("{}/unbind", kDriver), found->name_));
  workload.cleanup([found] {
    const Status fsdax = found->end_fsdax();
    EXPECT_TRUE(fsdax) << fsdax.error().text();
    const Status raw = found->end_raw();
    EXPECT_TRUE(raw) << raw.error().text();
    const Status given = found->give_back();
    EXPECT_TRUE(given) << given.error().text();
  });
  return found;
}

Result<std::string> BttNamespace::free_handle(unsigned sector_size) {
  const std::string seed = device(fmt::format("region{}/btt_seed", region_));
  std::string handle;
  // The next one is made when the last one got its driver, and added by the bus's own thread.
  const bool found = wait_until(kDeviceLimit, [&] {
    handle = read_attribute(seed).value_or("");
    return !handle.empty() && is_there(device(handle) + "/namespace") &&
           !is_there(device(handle) + "/driver");
  });
  if (!found) return guest_error("{} names no free handle", seed);
  BSC_TRY_ASSIGN(const std::string uuid, read_attribute("/proc/sys/kernel/random/uuid"));
  BSC_TRY(write_attribute(device(handle) + "/sector_size", std::to_string(sector_size)));
  BSC_TRY(write_attribute(device(handle) + "/uuid", uuid));
  return handle;
}

Result<std::string> BttNamespace::taken_by(const std::string& handle) const {
  return read_attribute(device(handle) + "/namespace");
}

Status BttNamespace::take(const std::string& handle) {
  BSC_TRY(write_attribute(device(handle) + "/namespace", name_));
  handle_ = handle;
  return {};
}

Result<BlockDevice> BttNamespace::attach(unsigned sector_size) {
  BSC_TRY_ASSIGN(const std::string handle, within("btt", free_handle(sector_size)));
  BSC_TRY(within("btt", take(handle)));
  return bind();
}

Status BttNamespace::unbind() {
  BSC_TRY(write_attribute(fmt::format("{}/unbind", kDriver), handle_));
  bound_ = false;
  return {};
}

Result<BlockDevice> BttNamespace::bind() {
  BSC_TRY(within("btt", write_attribute(fmt::format("{}/bind", kDriver), handle_)));
  bound_ = true;
  return within("btt", find_disk(host_, fmt::format("/dev/pmem{}s", region_)));
}

Status BttNamespace::give_back() {
  if (bound_) BSC_TRY(unbind());
  if (handle_.empty()) return {};
  BSC_TRY(write_attribute(device(handle_) + "/namespace", "\n"));
  // One that is not the region's free handle is taken away, later.
  const std::string seed =
      read_attribute(device(fmt::format("region{}/btt_seed", region_))).value_or("");
  if (handle_ != seed) BSC_TRY(gone(device(handle_)));
  handle_.clear();
  return {};
}

Result<BlockDevice> BttNamespace::raw() {
  BSC_TRY(write_attribute(device(name_) + "/force_raw", "1"));
  BSC_TRY(write_attribute(fmt::format("{}/bind", kDriver), name_));
  raw_ = true;
  return find_disk(host_, fmt::format("/dev/pmem{}", region_));
}

Status BttNamespace::end_raw() {
  if (!raw_) return {};
  BSC_TRY(write_attribute(fmt::format("{}/unbind", kDriver), name_));
  BSC_TRY(write_attribute(device(name_) + "/force_raw", "0"));
  raw_ = false;
  return {};
}

Result<BlockDevice> BttNamespace::fsdax() {
  const std::string seed = device(fmt::format("region{}/pfn_seed", region_));
  std::string pfn;
  const bool found = wait_until(kDeviceLimit, [&] {
    pfn = read_attribute(seed).value_or("");
    return !pfn.empty() && is_there(device(pfn) + "/namespace") &&
           !is_there(device(pfn) + "/driver");
  });
  if (!found) return guest_error("{} names no free handle", seed);
  BSC_TRY_ASSIGN(const std::string uuid, read_attribute("/proc/sys/kernel/random/uuid"));
  BSC_TRY(write_attribute(device(pfn) + "/mode", "ram"));
  BSC_TRY(write_attribute(device(pfn) + "/uuid", uuid));
  BSC_TRY(write_attribute(device(pfn) + "/namespace", name_));
  pfn_ = pfn;
  BSC_TRY(within("fsdax", write_attribute(fmt::format("{}/bind", kDriver), pfn_)));
  return within("fsdax", find_disk(host_, fmt::format("/dev/pmem{}", region_)));
}

Status BttNamespace::end_fsdax() {
  if (pfn_.empty()) return {};
  if (is_there(device(pfn_) + "/driver"))
    BSC_TRY(write_attribute(fmt::format("{}/unbind", kDriver), pfn_));
  BSC_TRY(write_attribute(device(pfn_) + "/namespace", "\n"));
  pfn_.clear();
  return {};
}

Status BttNamespace::forget() {
  BSC_TRY_ASSIGN(const BlockDevice disk, raw());
  BSC_TRY(write_bytes(disk, kInfo, std::vector<std::uint8_t>(kInfo)));
  return end_raw();
}

Status BttNamespace::found_again() {
  BSC_TRY_ASSIGN(handle_, read_attribute(device(name_) + "/holder"));
  bound_ = true;
  return {};
}

Result<bool> BttNamespace::found_at_boot() {
  std::string holder;
  wait_until(kScanLimit, [&] {
    holder = read_attribute(device(name_) + "/holder").value_or("");
    return !holder.empty();
  });
  if (holder.empty()) return false;
  BSC_TRY(found_again());
  return true;
}

Result<std::vector<std::uint8_t>> read_bytes(const BlockDevice& disk, std::uint64_t offset,
                                             std::size_t size) {
  const Fd fd(::open(disk.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return guest_os_error(errno, "cannot open {}", disk.path);
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t done = 0; done < size;) {
    const ssize_t got =
        ::pread(fd.get(), bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got <= 0) return guest_os_error(errno, "cannot read {} at {}", disk.path, offset + done);
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

Status write_bytes(const BlockDevice& disk, std::uint64_t offset,
                   const std::vector<std::uint8_t>& bytes) {
  const Fd fd(::open(disk.path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return guest_os_error(errno, "cannot open {}", disk.path);
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t put = ::pwrite(fd.get(), bytes.data() + done, bytes.size() - done,
                                 static_cast<off_t>(offset + done));
    if (put <= 0) return guest_os_error(errno, "cannot write {} at {}", disk.path, offset + done);
    done += static_cast<std::size_t>(put);
  }
  if (::fsync(fd.get()) != 0) return guest_os_error(errno, "cannot flush {}", disk.path);
  return {};
}

Result<BttTable> read_table(const BlockDevice& raw) {
  BSC_TRY_ASSIGN(const auto info, read_bytes(raw, kInfo, kInfo));
  const auto number = [&](std::size_t at, unsigned width) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i) value |= std::uint64_t{info[at + i]} << (8 * i);
    return value;
  };
  const std::string_view signature(reinterpret_cast<const char*>(info.data()), 14);
  if (signature != "BTT_ARENA_INFO") return guest_error("{} holds no table", raw.path);
  return BttTable{.sector_size = static_cast<std::uint32_t>(number(56, 4)),
                  .lbas = static_cast<std::uint32_t>(number(60, 4)),
                  .block_size = static_cast<std::uint32_t>(number(64, 4)),
                  .blocks = static_cast<std::uint32_t>(number(68, 4)),
                  .lanes = static_cast<std::uint32_t>(number(72, 4)),
                  .data = kInfo + number(88, 8),
                  .map = kInfo + number(96, 8),
                  .log = kInfo + number(104, 8)};
}

}  // namespace bioscope::scenario
