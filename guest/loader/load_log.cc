// SPDX-License-Identifier: GPL-2.0-only
#include "guest/loader/load_log.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/ranges.h>

namespace bioscope::loader {
namespace {

constexpr std::string_view kPrefix = "libbpf: ";
constexpr std::size_t kVerifierLines = 3;

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    if (!line.empty()) lines.push_back(line);
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

struct Blamed {
  std::string_view program;
  std::string_view text;
};

// "libbpf: prog 'NAME': TEXT"
std::optional<Blamed> blamed(std::string_view line) {
  constexpr std::string_view kStart = "libbpf: prog '";
  if (!line.starts_with(kStart)) return std::nullopt;
  line.remove_prefix(kStart.size());
  const auto end = line.find("': ");
  if (end == line.npos) return std::nullopt;
  return Blamed{line.substr(0, end), line.substr(end + 3)};
}

// What libbpf adds about the object says less than what it said before.
bool sums_up(std::string_view line) {
  return line.starts_with("libbpf: failed to load object") ||
         line.starts_with("libbpf: failed to load BPF skeleton");
}

}  // namespace

LoadFailure parse_load_log(std::string_view log) {
  LoadFailure failure;
  std::string reason;
  std::vector<std::string_view> verifier;
  std::string_view last;
  bool in_verifier = false;
  for (const auto line : split_lines(log)) {
    if (in_verifier) {
      if (line == "-- END PROG LOAD LOG --")
        in_verifier = false;
      else if (!line.starts_with("processed "))
        verifier.push_back(line);
      continue;
    }
    if (const auto blame = blamed(line)) {
      if (failure.program != blame->program) {
        failure.program = blame->program;
        reason.clear();
        verifier.clear();
      }
      in_verifier = blame->text == "-- BEGIN PROG LOAD LOG --";
      if (reason.empty()) reason = blame->text;
    } else if (line.starts_with(kPrefix) && (last.empty() || !sums_up(line))) {
      last = line.substr(kPrefix.size());
    }
  }
  if (failure.program.empty()) {
    failure.why = last.empty() ? "libbpf gave no reason" : last;
    return failure;
  }
  if (verifier.size() > kVerifierLines)
    verifier.erase(verifier.begin(), verifier.end() - kVerifierLines);
  failure.why =
      verifier.empty() ? reason : fmt::format("{}: {}", reason, fmt::join(verifier, " | "));
  return failure;
}

}  // namespace bioscope::loader
