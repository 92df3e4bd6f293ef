// SPDX-License-Identifier: GPL-2.0-only
#include "guest/fault/fail_nth.h"

#include <unistd.h>

#include "guest/scenario/attribute.h"

namespace bioscope::fault {
namespace {

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

}  // namespace

Result<unsigned> walk_fail_nth(scenario::Workload& workload, const std::function<void()>& call,
                               const FailNthOptions& options) {
  BSC_TRY(set_all(workload, options.debug));
  for (unsigned nth = 1; nth <= options.most; ++nth) {
    BSC_TRY(write_attribute(options.proc, std::to_string(nth)));
    call();
    const auto left = read_attribute(options.proc);
    BSC_TRY(write_attribute(options.proc, "0"));
    BSC_TRY(left);
    workload.host().progress();
    // What is left of the count never came.
    if (*left != "0") return nth - 1;
  }
  return guest_error("something still failed in call {}", options.most);
}

}  // namespace bioscope::fault
