// SPDX-License-Identifier: GPL-2.0-only
#include "harness/inspect/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/testing/tape.h"

namespace bioscope::inspect {
namespace {

using ::testing::HasSubstr;

TEST(Operation, NamesOperationAndFlags) {
  EXPECT_EQ(operation(0), "READ");
  EXPECT_EQ(operation(1 | 1u << 11 | 1u << 17), "WRITE|SYNC|FUA");
  EXPECT_EQ(operation(1 | 1u << 18), "WRITE|PREFLUSH");
  EXPECT_EQ(operation(77 | 1u << 31), "op77|0x80000000");
}

TEST(Renderer, NamesWhatItLearned) {
  testing::Tape tape;
  tape.mark(BSC_MARK_STEP, 7, "swap").submit(0xffff888000001000, 0xfd00, 1).endio(0x10);
  const evidence::Symbols symbols("00000000000000e0 T dio_bio_end_io\n");
  Renderer renderer(symbols);
  std::vector<std::string> lines;
  for (const auto& bytes : tape.records()) {
    renderer.learn(testing::Tape::record(bytes));
    lines.push_back(renderer.line(testing::Tape::record(bytes)));
  }
  EXPECT_THAT(lines[0], HasSubstr("swap"));
  EXPECT_THAT(lines[1], HasSubstr("bio=0xffff888000001000"));
  EXPECT_THAT(lines[1], HasSubstr("opf=WRITE"));
  EXPECT_THAT(lines[1], HasSubstr("dev=253:0"));
  EXPECT_THAT(lines[1], HasSubstr("end_io=dio_bio_end_io+0x0"));
  EXPECT_THAT(lines[2], HasSubstr("status=OK"));
}

}  // namespace
}  // namespace bioscope::inspect
