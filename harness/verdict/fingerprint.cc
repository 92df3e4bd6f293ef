// SPDX-License-Identifier: GPL-2.0-only
#include "harness/verdict/fingerprint.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <cctype>

namespace bioscope::verdict {
namespace {

// Frames of the probe itself, above the function that was probed.
bool is_plumbing(std::string_view function) {
  return function.starts_with("bpf_") || function.starts_with("0x");
}

// "bio_endio+0x1c [mod]" and "bio_endio.part.0+0x1c" are bio_endio.
std::string_view function_of(std::string_view frame) {
  return frame.substr(0, frame.find_first_of("+. "));
}

std::string without_numbers(std::string_view text) {
  std::string plain;
  bool in_number = false;
  for (const char c : text) {
    const bool hex = std::isxdigit(static_cast<unsigned char>(c)) != 0;
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (in_number ? hex || c == 'x' || c == '.' : digit) {
      if (!in_number) plain += '#';
      in_number = true;
      continue;
    }
    in_number = false;
    plain += c;
  }
  return plain;
}

}  // namespace

std::string fingerprint(const Finding& finding) {
  std::string identity = finding.oracle + '/' + finding.kind;
  std::size_t kept = 0;
  for (const std::string& frame : finding.frames) {
    const std::string_view function = function_of(frame);
    if (is_plumbing(function)) continue;
    identity.append("/").append(function);
    if (++kept == 5) break;
  }
  if (finding.oracle == "assertion") identity += '/' + without_numbers(finding.summary);
  return fmt::format("{:016x}", XXH3_64bits(identity.data(), identity.size()));
}

}  // namespace bioscope::verdict
