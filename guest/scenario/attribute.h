// SPDX-License-Identifier: GPL-2.0-only
// Attributes: one-value files of sysfs, procfs and cgroupfs, read and written in place (a rename,
// as harness/base/file.h does, means nothing there). Errors blame the guest and name the path.
#pragma once

#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace bioscope::scenario {

// As guest_error, with the errno of the failed call.
template <class... A>
std::unexpected<Error> guest_os_error(int code, fmt::format_string<A...> format, A&&... args) {
  return std::unexpected(Error{Blame::kGuest, code, fmt::format(format, std::forward<A>(args)...)});
}

// The content without white space at its end.
Result<std::string> read_attribute(const std::string& path);

// One write(2) of the whole value.
Status write_attribute(const std::string& path, std::string_view value);

// Whole decimal text as a number.
Result<std::uint64_t> parse_number(std::string_view text);

}  // namespace bioscope::scenario
