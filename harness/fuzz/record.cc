// SPDX-License-Identifier: GPL-2.0-only
// Records that no kernel would write, in any order: the model, every oracle and witness, and what
// makes lines of them. Each record takes a handful of bytes, so that objects meet again.
#include <cstdint>
#include <memory>
#include <vector>

#include "harness/base/check.h"
#include "harness/evidence/schema.h"
#include "harness/evidence/symbols.h"
#include "harness/inspect/family.h"
#include "harness/inspect/render.h"
#include "harness/oracle/oracle.h"

using namespace bioscope;

namespace {

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return at_ >= size_; }
  std::uint8_t next() { return empty() ? 0 : data_[at_++]; }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  std::vector<std::unique_ptr<oracle::Oracle>> oracles;
  for (const auto& info : oracle::all_oracles())
    if (info.make != nullptr) oracles.push_back(info.make());
  std::vector<std::unique_ptr<oracle::Witness>> witnesses;
  for (const auto& info : oracle::all_witnesses()) witnesses.push_back(info.make());
  oracle::BioModel model;
  const evidence::Symbols symbols;
  inspect::Renderer renderer(symbols);
  inspect::Lives lives;

  const auto types = evidence::event_types();
  std::uint64_t order = 0;
  std::uint64_t time = 0;
  std::vector<std::uint64_t> memory(512);
  while (!bytes.empty()) {
    const auto& type = types[bytes.next() % types.size()];
    std::fill(memory.begin(), memory.end(), 0);
    auto& record = *reinterpret_cast<bsc_record*>(memory.data());
    char* const payload = reinterpret_cast<char*>(&record + 1);
    const std::uint8_t how = bytes.next();
    record.type = type.number;
    record.order = order += 1 + (how & 1);
    record.time = time += how;
    record.cpu = (how >> 1) % 4;
    record.tid = 1 + (how >> 3) % 4;
    record.stack = static_cast<std::int32_t>(how >> 5) - 2;
    for (const evidence::Field& field : type.fields) {
      const std::uint64_t value =
          field.base == evidence::Base::ptr ? 0x1000u * (bytes.next() % 8u) : bytes.next();
      std::memcpy(payload + field.offset, &value, std::min<std::size_t>(field.size, 8));
    }
    const oracle::Step step{record, model.apply(record), model};
    for (const auto& each : oracles) each->see(step);
    for (const auto& each : witnesses) each->see(step);
    renderer.learn(record);
    renderer.line(record);
    renderer.stack(record);
    lives.see(record);
  }
  const oracle::Closing closing{
      .settled = (size & 1) != 0, .order = order, .time = time, .patience = 100};
  for (const auto& each : oracles) {
    each->conclude(closing, model);
    for (const auto& finding : each->findings()) {
      BSC_CHECK(!finding.oracle.empty() && !finding.kind.empty() && !finding.summary.empty());
      BSC_CHECK(finding.order <= order && finding.since <= finding.order);
    }
  }
  for (std::size_t i = 0; i < lives.all().size() && i < 8; ++i) inspect::family(lives.all(), i);
  return 0;
}
