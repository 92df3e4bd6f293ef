// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/schema.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "harness/evidence/trace_fixture.h"

namespace bioscope::evidence {
namespace {

TEST(Schema, FieldsCoverEveryPayloadWithoutAGap) {
  ASSERT_FALSE(event_types().empty());
  for (const EventType& type : event_types()) {
    std::uint32_t offset = 0;
    std::set<std::string_view> names;
    for (const Field& field : type.fields) {
      EXPECT_EQ(field.offset, offset) << type.name << "." << field.name;
      EXPECT_TRUE(names.insert(field.name).second) << type.name << "." << field.name;
      offset += field.size;
    }
    EXPECT_EQ(offset, type.payload_size) << type.name;
    EXPECT_EQ(record_size(type.number), sizeof(bsc_record) + type.payload_size);
  }
}

TEST(Schema, FindsEventsByNumberAndByName) {
  for (const EventType& type : event_types()) {
    EXPECT_EQ(event_type(type.number), &type);
    EXPECT_EQ(event_type(type.name), &type);
  }
  EXPECT_EQ(event_type(BSC_EVENT_BIO_ENDIO)->name, "bio_endio");
  EXPECT_EQ(event_type(0u), nullptr);
  EXPECT_EQ(event_type(BSC_MAX_TYPES - 1u), nullptr);
  EXPECT_EQ(event_type(BSC_MAX_TYPES), nullptr);
  EXPECT_EQ(event_type(~0u), nullptr);
  EXPECT_EQ(event_type("no_such_event"), nullptr);
  EXPECT_EQ(record_size(~0u), 0u);
}

TEST(Schema, FieldsTellTypeAndBase) {
  const EventType& endio = *event_type(BSC_EVENT_BIO_ENDIO);
  EXPECT_EQ(endio.fields[1].name, "end_io");
  EXPECT_EQ(endio.fields[1].type, FieldType::u64);
  EXPECT_EQ(endio.fields[1].base, Base::sym);
  EXPECT_EQ(endio.fields[1].offset, offsetof(bsc_event_bio_endio, end_io));
}

TEST(Schema, VisitGivesEachEventItsOwnType) {
  for (const EventType& type : event_types()) {
    const std::string bytes = filled_record(type.number, {});
    const auto& record = *reinterpret_cast<const bsc_record*>(bytes.data());
    std::uint32_t seen = 0;
    EXPECT_TRUE(visit(record, [&](const bsc_record& header, const auto& event) {
      EXPECT_EQ(&header, &record);
      EXPECT_EQ(static_cast<const void*>(&event), bytes.data() + sizeof(bsc_record));
      EXPECT_EQ(sizeof(event), type.payload_size);
      seen = kEventNumber<std::remove_cvref_t<decltype(event)>>;
    }));
    EXPECT_EQ(seen, type.number);
    EXPECT_EQ(event_name(record), type.name);
  }
}

TEST(Schema, VisitRefusesAnUnknownNumber) {
  bsc_record record{};
  record.type = 255;
  EXPECT_FALSE(visit(record, [](const bsc_record&, const auto&) { FAIL(); }));
  EXPECT_EQ(event_name(record), "?");
}

TEST(Schema, TextStopsAtNulOrAtTheEnd) {
  const char padded[8] = {'s', 'd', 'a'};
  const char full[4] = {'a', 'b', 'c', 'd'};
  EXPECT_EQ(text(padded), "sda");
  EXPECT_EQ(text(full), "abcd");
}

TEST(Schema, ValuesHaveNames) {
  EXPECT_EQ(mark_name(BSC_MARK_STEP), "step");
  EXPECT_EQ(mark_name(0), "");
  EXPECT_EQ(status_name(0), "OK");
  EXPECT_EQ(status_name(10), "IOERR");
  EXPECT_EQ(status_name(13), "DEV_RESOURCE");
  EXPECT_EQ(status_name(14), "");
}

}  // namespace
}  // namespace bioscope::evidence
