// SPDX-License-Identifier: GPL-2.0-only
#include "harness/oracle/proof.h"

#include <charconv>

#include <fmt/format.h>

#include "harness/oracle/cut.h"

namespace bioscope::oracle {
namespace {

constexpr std::string_view kSpdx = "# SPDX-License-Identifier: GPL-2.0-only";

bool parse_number(std::string_view text, std::uint64_t& value) {
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

// One "key: value" line of the head.
bool read_head(std::string_view key, std::string_view value, Proof& proof) {
  if (key == "object") return parse_number(value, proof.object);
  if (key == "order") return parse_number(value, proof.order);
  std::string* member = key == "kernel"     ? &proof.kernel
                        : key == "scenario" ? &proof.scenario
                        : key == "oracle"   ? &proof.oracle
                        : key == "kind"     ? &proof.kind
                                            : nullptr;
  if (member == nullptr || value.empty()) return false;
  *member = value;
  return true;
}

}  // namespace

std::string to_text(const Proof& proof) {
  std::string text = fmt::format(
      "{}\nkernel: {}\nscenario: {}\noracle: {}\nkind: {}\nobject: {:#x}\norder: {}\n\n", kSpdx,
      proof.kernel, proof.scenario, proof.oracle, proof.kind, proof.object, proof.order);
  for (const auto& record : proof.records)
    text += evidence::transcribe(evidence::record_of(record)) + "\n";
  return text;
}

Result<Proof> parse_proof(std::string_view text) {
  Proof proof;
  bool head = true;
  for (unsigned number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with('#')) continue;
    if (line.empty()) {
      head = false;
    } else if (head) {
      const auto colon = line.find(": ");
      if (colon == std::string_view::npos ||
          !read_head(line.substr(0, colon), line.substr(colon + 2), proof))
        return usage_error("line {}: no head of a proof: {}", number, line);
    } else {
      auto record = evidence::read_transcript(line);
      if (!record) return usage_error("line {}: {}", number, record.error().what);
      proof.records.push_back(std::move(*record));
    }
  }
  if (proof.oracle.empty() || proof.kind.empty() || proof.order == 0 || proof.records.empty())
    return usage_error("a proof needs oracle, kind, order and records");
  return proof;
}

bool holds(const Proof& proof) {
  const OracleInfo* info = find_oracle(proof.oracle);
  if (info == nullptr || info->make == nullptr) return false;
  std::vector<const bsc_record*> records;
  for (const auto& record : proof.records) records.push_back(&evidence::record_of(record));
  const auto findings = replay(*info, records);
  return find(findings, proof.kind, proof.object, proof.order) != nullptr;
}

}  // namespace bioscope::oracle
