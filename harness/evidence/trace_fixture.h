// SPDX-License-Identifier: GPL-2.0-only
// What the tests of this folder share: records made up byte by byte, a directory of their own, and
// babeltrace2 run on it. Included by tests only.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/file.h"
#include "harness/evidence/schema.h"

namespace bioscope::evidence {

// The header of a record to be made.
struct Head {
  std::uint64_t order = 0;
  std::uint64_t time = 0;
  std::uint32_t seq = 0;
  std::uint16_t cpu = 0;
  std::uint16_t context = 0;
};

// A record whose payload is a pattern that depends on its order and position.
inline std::string filled_record(std::uint32_t number, const Head& head) {
  std::string bytes(record_size(number), '\0');
  bsc_record record{};
  record.time = head.time;
  record.type = number;
  record.seq = head.seq;
  record.order = head.order;
  record.tid = 100 + head.cpu;
  record.tgid = 100;
  record.cpu = head.cpu;
  record.context = head.context;
  record.stack = BSC_STACK_NONE;
  std::strcpy(record.comm, "dd");
  std::memcpy(bytes.data(), &record, sizeof(record));
  const EventType& type = *event_type(number);
  char* payload_bytes = bytes.data() + sizeof(record);
  for (const Field& field : type.fields) {
    char* at = payload_bytes + field.offset;
    if (field.base == Base::str) {
      std::strcpy(at, "a name");
    } else {
      for (std::size_t i = 0; i < field.size; ++i)
        at[i] = static_cast<char>(head.order * 31 + field.offset + i);
    }
  }
  return bytes;
}

// Gives records in ring order: orders from 1 on without a gap, sequence numbers per CPU.
class RecordSource {
 public:
  explicit RecordSource(std::uint64_t seed) : random_(seed) {}

  std::string next(std::uint32_t number, std::uint16_t cpu) {
    time_ += 100 + random_() % 400;
    // The loader adds stacks; they take no sequence number.
    const std::uint32_t seq = number == BSC_EVENT_STACK ? 0 : ++seq_[cpu];
    return filled_record(number, {++order_, time_, seq, cpu, 0});
  }
  // A random event on one of `cpus` CPUs.
  std::string next(unsigned cpus) {
    const auto types = event_types();
    return next(types[random_() % types.size()].number,
                static_cast<std::uint16_t>(random_() % cpus));
  }
  std::string many(std::size_t count, unsigned cpus) {
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) bytes += next(cpus);
    return bytes;
  }
  // A record is dropped in the guest: its sequence number is taken, nothing else happens.
  void drop(std::uint16_t cpu) { ++seq_[cpu]; }

  std::uint64_t order() const { return order_; }
  std::uint32_t seq(std::uint16_t cpu) const { return seq_[cpu]; }

 private:
  std::mt19937_64 random_;
  std::uint64_t order_ = 0;
  std::uint64_t time_ = 1'000'000'000;
  std::uint32_t seq_[BSC_MAX_CPUS] = {};
};

class InDirectory : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "bsc-evidence-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  const std::filesystem::path& directory() const { return directory_; }

 private:
  std::filesystem::path directory_;
};

struct Babeltrace {
  int status = -1;
  std::string out;
  std::string err;
};

inline Babeltrace babeltrace(const std::filesystem::path& trace,
                             const std::string& arguments = "") {
  const auto out = trace.parent_path() / "babeltrace.out";
  const auto err = trace.parent_path() / "babeltrace.err";
  const std::string command = fmt::format("babeltrace2 '{}' {} >'{}' 2>'{}'", trace.string(),
                                          arguments, out.string(), err.string());
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(out).value(),
          read_file(err).value()};
}

}  // namespace bioscope::evidence
