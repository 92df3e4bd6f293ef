// SPDX-License-Identifier: GPL-2.0-only
#include "guest/fault/fail_nth.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "guest/scenario/attribute.h"
#include "harness/base/fd.h"
#include "harness/base/file.h"

namespace bioscope::fault {
namespace {

using scenario::guest_os_error;
using scenario::read_attribute;
using scenario::write_attribute;

// What the kernel spares unless it is told: allocations that may sleep, which are nearly all, and
// single pages. And each failure would print a stack that looks like a report of the kernel's.
struct Setting {
  const char* path;
  const char* value;
};
constexpr Setting kSettings[] = {
    {"failslab/ignore-gfp-wait", "N"},        {"failslab/verbose", "0"},
    {"fail_page_alloc/ignore-gfp-wait", "N"}, {"fail_page_alloc/ignore-gfp-highmem", "N"},
    {"fail_page_alloc/min-order", "0"},       {"fail_page_alloc/verbose", "0"},
};

Status set_all(scenario::Workload& workload, const std::string& debug) {
  for (const Setting& setting : kSettings) {
    const std::string path = debug + "/" + setting.path;
    if (::access(path.c_str(), F_OK) != 0) continue;  // one of the two may be left out
    BSC_TRY_ASSIGN(const std::string before, read_attribute(path));
    BSC_TRY(write_attribute(path, setting.value));
    workload.cleanup([path, before] { static_cast<void>(write_attribute(path, before)); });
  }
  return {};
}

// This thread's countdown. Opened once: to open allocates too, and would be the one that fails.
class Countdown {
 public:
  static Result<Countdown> open(const std::string& path) {
    BSC_TRY_ASSIGN(Fd fd, open_file(path, O_RDWR | O_CLOEXEC));
    return Countdown(std::move(fd));
  }

  Status set(unsigned nth) const {
    const std::string text = std::to_string(nth) + "\n";
    if (::pwrite(fd_.get(), text.data(), text.size(), 0) < 0)
      return guest_os_error(errno, "cannot set fail-nth");
    return {};
  }

  // 0: the failure has come.
  Result<std::uint64_t> left() const {
    char text[16] = {};
    const ssize_t got = ::pread(fd_.get(), text, sizeof(text) - 1, 0);
    if (got <= 0) return guest_os_error(errno, "cannot read fail-nth");
    const std::string_view all(text, static_cast<std::size_t>(got));
    return scenario::parse_number(all.substr(0, all.find('\n')));
  }

 private:
  explicit Countdown(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace

Result<unsigned> walk_fail_nth(scenario::Workload& workload, const std::function<void()>& call,
                               const std::function<void()>& undo, const FailNthOptions& options) {
  BSC_TRY(set_all(workload, options.debug));
  BSC_TRY_ASSIGN(const auto countdown, Countdown::open(options.proc));
  for (unsigned nth = 1; nth <= options.most; ++nth) {
    BSC_TRY(countdown.set(nth));
    call();
    const auto left = countdown.left();
    BSC_TRY(countdown.set(0));
    BSC_TRY(left);
    workload.host().progress();
    // What is left of the count never came.
    if (*left != 0) return nth - 1;
    if (undo) undo();
  }
  return guest_error("something still failed in call {}", options.most);
}

}  // namespace bioscope::fault
