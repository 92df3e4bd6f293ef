// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/attribute.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>

#include "harness/base/fd.h"
#include "harness/base/file.h"

namespace bioscope::scenario {

Result<std::string> read_attribute(const std::string& path) {
  auto content = read_file(path);
  if (!content) {
    content.error().blame = Blame::kGuest;
    return content;
  }
  while (!content->empty() && (content->back() == '\n' || content->back() == ' '))
    content->pop_back();
  return content;
}

Status write_attribute(const std::string& path, std::string_view value) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return guest_os_error(errno, "cannot open {} to write \"{}\"", path, value);
  ssize_t put = -1;
  do {
    put = ::write(fd.get(), value.data(), value.size());
  } while (put < 0 && errno == EINTR);
  if (put < 0) return guest_os_error(errno, "cannot write \"{}\" to {}", value, path);
  if (static_cast<std::size_t>(put) != value.size())
    return guest_error("{} took {} of the {} bytes of \"{}\"", path, put, value.size(), value);
  return {};
}

Result<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc{} || stop != end) return guest_error("\"{}\" is not a number", text);
  return value;
}

}  // namespace bioscope::scenario
