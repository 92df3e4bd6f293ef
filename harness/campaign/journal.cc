// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/journal.h"

#include <fcntl.h>

#include "harness/base/file.h"
#include "harness/base/text.h"

namespace bioscope::campaign {

namespace fs = std::filesystem;

Result<Journal> Journal::open(const fs::path& folder, const std::string& digest, bool forget) {
  BSC_TRY(make_directories(folder));
  BSC_TRY_ASSIGN(auto lock, package::Lock::try_take(folder / "lock"));
  if (!lock)
    return usage_error("another bisection is writing {}; wait for its end", folder.string());
  Journal journal(folder, std::move(*lock));
  std::error_code code;
  if (forget) {
    fs::remove(folder / "journal", code);
    fs::remove(folder / "of", code);
  }
  const auto known = read_file(folder / "of");
  if (known && *known != digest)
    return usage_error(
        "{} is the journal of an earlier bisection, and its series, plan or scenarios have "
        "changed since: begin anew with --restart, or give the ones of then",
        folder.string());
  BSC_TRY(write_file(folder / "of", digest));
  BSC_TRY(journal.read());
  BSC_TRY_ASSIGN(journal.fd_, open_file(folder / "journal", O_WRONLY | O_CREAT | O_APPEND));
  return journal;
}

Status Journal::add(const Entry& entry) const {
  return write_all(fd_.get(), to_json(entry) + "\n");
}

// A line that an interrupt cut is as if it had not been; it is cut off for good.
Status Journal::read() {
  const auto text = read_file(folder_ / "journal");
  if (!text) return {};
  std::string_view rest = *text;
  std::size_t whole = 0;
  while (rest.find('\n') != rest.npos) {
    const auto line = take_line(rest);
    BSC_TRY_ASSIGN(auto entry, within((folder_ / "journal").string(), parse_entry(line)));
    entries_.push_back(std::move(entry));
    whole = text->size() - rest.size();
  }
  if (whole == text->size()) return {};
  return write_file(folder_ / "journal", std::string_view(*text).substr(0, whole));
}

}  // namespace bioscope::campaign
