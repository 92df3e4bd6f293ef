// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/transcript.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/testing/tape.h"

namespace bioscope::evidence {
namespace {

using ::testing::HasSubstr;
using testing::Tape;

TEST(Transcript, ReadsBackWhatItWrote) {
  Tape tape;
  tape.cpu(3)
      .at(6'000'000'007)
      .alloc(0xffff888004571b00)
      .put(0x9000, -1, 2)
      .mark(BSC_MARK_STEP, 7, "split and chained")
      .suspended(-4)
      .map(0x9000, 0xa000)
      .endio(0x9000, {.status = 10, .remaining = 2})
      .rewind(0x9000, 0xa000);
  for (const auto& bytes : tape.records()) {
    const bsc_record& record = Tape::record(bytes);
    const std::string line = transcribe(record);
    const auto words = read_transcript(line);
    ASSERT_TRUE(words) << words.error().text();
    EXPECT_EQ(transcribe(record_of(*words)), line);
    RecordWords expected = bytes;
    reinterpret_cast<bsc_record*>(expected.data())->seq = 0;
    EXPECT_EQ(*words, expected) << line;
  }
}

TEST(Transcript, IsALineThatPeopleRead) {
  Tape tape;
  tape.at(6'105'123'456).put(0x9000);
  EXPECT_EQ(transcribe(Tape::record(tape.records().front())),
            "1 6.105123456 0 0 100 100 \"tape\" bio_put bio=0x9000 refs=1 flags=0x0");
}

TEST(Transcript, SaysWhatItCannotRead) {
  const auto error = [](std::string_view line) {
    const auto words = read_transcript(line);
    return words ? std::string("no error") : words.error().text();
  };
  EXPECT_THAT(error(""), HasSubstr("no record"));
  EXPECT_THAT(error("1 6.1 0 0 1 1 \"t\" bio_put"), HasSubstr("no record"));
  EXPECT_THAT(error("1 6.000000000 0 0 1 1 \"t\" bio_putt bio=0x1"),
              HasSubstr("no event bio_putt"));
  EXPECT_THAT(error("1 6.000000000 0 0 1 1 \"t\" bio_put bio=0x1 flags=0x0"),
              HasSubstr("bio_put wants refs where it says \"flags=0x0\""));
  EXPECT_THAT(error("1 6.000000000 0 0 1 1 \"t\" bio_put bio=0x1 refs=x flags=0x0"),
              HasSubstr("wants refs"));
  EXPECT_THAT(error("1 6.000000000 0 0 1 1 \"t\" bio_put bio=0x1 refs=1 flags=0x0 more=1"),
              HasSubstr("has no \"more=1\""));
  EXPECT_THAT(error("1 6.000000000 0 0 1 1 \"a name that is far too long\" bio_put bio=0x1"),
              HasSubstr("no record"));
}

}  // namespace
}  // namespace bioscope::evidence
