// SPDX-License-Identifier: GPL-2.0-only
#include "harness/testing/judged.h"

#include <gtest/gtest.h>

namespace bioscope::testing {
namespace {

constexpr std::uint64_t kPatience = 1'000'000'000;

// Shows `who`, an oracle or a witness, every record of the tape.
void show(const Tape& tape, oracle::BioModel& model, auto& who) {
  for (const Tape::Bytes& bytes : tape.records()) {
    const bsc_record& record = Tape::record(bytes);
    who.see({record, model.apply(record), model});
  }
}

}  // namespace

Judged judge(std::string_view oracle, const Tape& tape, std::uint64_t time) {
  return judge(oracle, tape,
               {.settled = true, .order = tape.last_order(), .time = time, .patience = kPatience});
}

Judged judge(std::string_view oracle, const Tape& tape, const oracle::Closing& closing) {
  const auto judging = oracle::find_oracle(oracle)->make();
  oracle::BioModel model;
  show(tape, model, *judging);
  judging->conclude(closing, model);
  Judged judged{.findings = judging->findings(), .undecided = judging->undecided()};
  for (const oracle::Finding& finding : judged.findings) {
    EXPECT_EQ(finding.oracle, oracle);
    EXPECT_LE(finding.since, finding.order) << finding.summary;
    EXPECT_TRUE(finding.object != 0 || finding.kind == "left_behind") << finding.summary;
    judged.kinds.push_back(finding.kind);
    judged.orders.push_back(finding.order);
  }
  return judged;
}

std::uint64_t count(std::string_view witness, const Tape& tape) {
  const auto watching = oracle::find_witness(witness)->make();
  oracle::BioModel model;
  show(tape, model, *watching);
  return watching->count();
}

}  // namespace bioscope::testing
