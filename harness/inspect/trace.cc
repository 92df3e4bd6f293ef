// SPDX-License-Identifier: GPL-2.0-only
#include "harness/inspect/trace.h"

#include <map>

#include "harness/base/file.h"
#include "harness/evidence/account.h"
#include "harness/evidence/symbols.h"
#include "harness/evidence/trace_reader.h"
#include "harness/inspect/render.h"

namespace bioscope::inspect {
namespace {

// Whether any field of the record holds this object's address.
bool mentions(const bsc_record& record, std::uint64_t address) {
  const char* payload = reinterpret_cast<const char*>(&record + 1);
  for (const evidence::Field& field : evidence::event_type(record.type)->fields) {
    if (field.base != evidence::Base::ptr) continue;
    std::uint64_t value = 0;
    std::memcpy(&value, payload + field.offset, sizeof(value));
    if (value == address) return true;
  }
  return false;
}

evidence::Account account_of(const std::filesystem::path& guest) {
  return evidence::read_account(read_file(guest / "control.jsonl").value_or(std::string()));
}

// With the guest's own report of its losses.
Result<evidence::TraceReader> open(const std::filesystem::path& guest,
                                   const evidence::Account& account) {
  BSC_TRY_ASSIGN(auto reader, within(guest.string(), evidence::TraceReader::open(guest / "trace")));
  if (account.loss) reader.ledger().report(*account.loss);
  return reader;
}

}  // namespace

Status show(const std::filesystem::path& guest, const Filter& filter, const Print& print) {
  if (!filter.type.empty() && evidence::event_type(std::string_view(filter.type)) == nullptr) {
    std::string known;
    for (const auto& type : evidence::event_types()) known.append(" ").append(type.name);
    return usage_error("there is no event {}; there are{}", filter.type, known);
  }
  BSC_TRY_ASSIGN(auto reader, open(guest, account_of(guest)));
  const evidence::Symbols symbols(read_file(guest / "kallsyms").value_or(""),
                                  read_file(guest / "modules").value_or(""));
  Renderer renderer(symbols);
  while (const bsc_record* record = reader.next()) {
    renderer.learn(*record);
    if (record->order < filter.from || record->order > filter.to) continue;
    if (filter.bio != 0 && !mentions(*record, filter.bio)) continue;
    const auto* type = evidence::event_type(record->type);
    if (filter.type.empty() ? record->type == BSC_EVENT_STACK : type->name != filter.type) continue;
    print(renderer.line(*record));
    if (filter.stacks)
      for (const std::string& frame : renderer.stack(*record)) print("              at " + frame);
  }
  for (const std::string& reason : reader.ledger().reasons()) print("# " + reason);
  return {};
}

Status info(const std::filesystem::path& guest, const Print& print) {
  const auto account = account_of(guest);
  BSC_TRY_ASSIGN(auto reader, open(guest, account));
  std::map<std::uint32_t, std::uint64_t> types;
  std::map<std::uint16_t, std::uint64_t> cpus;
  std::uint64_t count = 0, first = 0, last = 0;
  while (const bsc_record* record = reader.next()) {
    ++count;
    ++types[record->type];
    ++cpus[record->cpu];
    if (first == 0) first = record->time;
    last = std::max<std::uint64_t>(last, record->time);
  }
  print(fmt::format("trace     {}", (guest / "trace").string()));
  print(fmt::format("scenario  {}", reader.info().scenario));
  print(fmt::format("kernel    {} (build id {})", reader.info().kernel_release,
                    reader.info().kernel_build_id));
  print(fmt::format("records   {} in {:.3f} s", count, static_cast<double>(last - first) / 1e9));
  for (const auto& [type, seen] : types)
    print(fmt::format("  {:<18} {:>9}", evidence::event_type(type)->name, seen));
  for (const auto& [cpu, seen] : cpus) print(fmt::format("  CPU {:<14} {:>9}", cpu, seen));
  if (account.armed)
    for (const auto& program : account.armed->programs) {
      const auto missed = account.loss ? account.loss->misses.find(program.name)
                                       : std::map<std::string, std::uint64_t>::const_iterator{};
      const bool counted = account.loss && missed != account.loss->misses.end();
      print(fmt::format(
          "  program {:<16} {:<32} {}{}", program.name, program.hook,
          program.attached ? "attached" : "NOT attached: " + program.why,
          counted && missed->second != 0 ? fmt::format(", {} calls missed", missed->second) : ""));
    }
  print(fmt::format("complete  {}", reader.ledger().complete() ? "yes" : "NO"));
  for (const std::string& reason : reader.ledger().reasons()) print("  " + reason);
  return {};
}

}  // namespace bioscope::inspect
