// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/tsdl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bioscope::evidence {
namespace {

using ::testing::HasSubstr;

TraceInfo sample() {
  return {.kernel_release = "6.1.0-56-amd64",
          .kernel_build_id = "00ff",
          .scenario = "dm/linear",
          .realtime_offset_ns = 1'700'000'000'123'456'789,
          .uuid = {0xde, 0xad, 0xbe, 0xef}};
}

TEST(Tsdl, DeclaresEveryEventAndField) {
  const std::string text = metadata(sample());
  for (const EventType& type : event_types()) {
    const auto from = text.find(fmt::format("name = \"{}\";\n\tid = {};", type.name, type.number));
    ASSERT_NE(from, std::string::npos) << type.name;
    const std::string block = text.substr(from, text.find("\t};\n};", from) - from);
    for (const Field& field : type.fields)
      EXPECT_THAT(block, HasSubstr(fmt::format(" _{}", field.name))) << type.name;
  }
}

TEST(Tsdl, BasesBecomeBasesAndEnumerations) {
  const std::string text = metadata(sample());
  EXPECT_THAT(text, HasSubstr("\t\tx64 _end_io;\n"));
  EXPECT_THAT(text, HasSubstr("\t\tu64 _sector;\n"));
  EXPECT_THAT(text, HasSubstr("\t\ts32 _remaining;\n"));
  EXPECT_THAT(text, HasSubstr("\t\tenum blk_status _status;\n"));
  EXPECT_THAT(text, HasSubstr("\t\tenum mark_kind _kind;\n"));
  EXPECT_THAT(text, HasSubstr("\t\tutf8 _label[32];\n"));
  EXPECT_THAT(text, HasSubstr("\t\tx64 _frames[20];\n"));
  EXPECT_THAT(text, HasSubstr("\t\"IOERR\" = 10,\n"));
  EXPECT_THAT(text, HasSubstr("\t\"suspend_begin\" = 5,\n"));
}

TEST(Tsdl, ReadsBackWhatItSaid) {
  TraceInfo info = sample();
  info.scenario = "exec: sh -c \"dd if=/dev/zero\\n\"\n\tabi = 7;\n}";
  const auto back = parse_metadata(metadata(info));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->kernel_release, info.kernel_release);
  EXPECT_EQ(back->kernel_build_id, info.kernel_build_id);
  EXPECT_EQ(back->scenario, info.scenario);
  EXPECT_EQ(back->abi, info.abi);
  EXPECT_EQ(back->realtime_offset_ns, info.realtime_offset_ns);
  EXPECT_EQ(back->uuid, info.uuid);
}

TEST(Tsdl, RefusesWhatItCannotRead) {
  const std::string good = metadata(sample());
  const auto what = [](std::string_view text) {
    const auto result = parse_metadata(text);
    return result ? std::string("none") : result.error().what;
  };
  EXPECT_THAT(what(""), HasSubstr("CTF 1.8"));
  EXPECT_THAT(what("/* CTF 1.8 */\ntrace {\n};\n"), HasSubstr("not written by bioscope"));
  TraceInfo newer = sample();
  newer.abi = 99;
  EXPECT_EQ(what(metadata(newer)), "its records have ABI 99 and this program reads ABI 1");
}

TEST(Tsdl, NoPrefixOfTheHeadIsTakenForTheWhole) {
  const std::string good = metadata(sample());
  const std::size_t head = good.find("\nstream {");
  for (std::size_t length = 0; length < head; ++length) {
    const auto result = parse_metadata(std::string_view(good).substr(0, length));
    if (result) {
      EXPECT_EQ(result->scenario, sample().scenario) << length;
      EXPECT_EQ(result->realtime_offset_ns, sample().realtime_offset_ns) << length;
    }
  }
}

}  // namespace
}  // namespace bioscope::evidence
