// SPDX-License-Identifier: GPL-2.0-only
// Patches as people send them: mboxes, single mails, diffs, quilt's series files.
#include <cstdint>

#include "harness/base/check.h"
#include "harness/series/diff.h"
#include "harness/series/mail.h"
#include "harness/series/series.h"

using namespace bioscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  BSC_CHECK(series::find_diff(text) <= text.size() || series::find_diff(text) == text.npos);
  for (const unsigned strip : {0u, 1u, 7u}) series::outline(text, strip);
  for (const auto& mail : series::parse_mails(text)) series::parse_subject(mail.subject);
  series::parse_subject(text);
  if (const auto patches = series::parse(text, "fuzz"))
    for (const auto& patch : *patches) BSC_CHECK(!patch.diff.empty());
  static_cast<void>(series::parse_quilt(text));
  return 0;
}
