// SPDX-License-Identifier: GPL-2.0-only
// Oracles and witnesses: one invariant, or one pattern that must occur, per file. Pure and
// streaming: ordered records in, findings out; no clock, file, thread or machine. They see what
// the model made of a record, never raw memory; loss is weighed by harness/verdict.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <bioscope/event.h>

#include "harness/oracle/bio_model.h"

namespace bioscope::oracle {

// A violation, with the interval of the order that it rests on: a loss inside it unmakes it.
struct Finding {
  std::string oracle{};
  std::string kind{};         // "use_after_free"; stable, part of the fingerprint
  std::string summary{};      // one sentence with the object and the numbers
  std::string fingerprint{};  // equal for equal bugs: oracle, kind and code, never addresses
  std::uint64_t object = 0;   // address, 0 if none
  std::uint64_t order = 0;    // of the record that proves it
  std::uint64_t since = 0;    // order of the first record that the proof needs
  std::int32_t stack = BSC_STACK_NONE;  // of the proving record
  // Rests on how long something took: how many times as long as would have been enough. A guest
  // that was starved for more than the rest unmakes it. 0: time has nothing to do with it.
  double timed = 0;
};

// How the trial ended, for oracles that judge what did not happen.
struct Closing {
  bool settled = false;        // the trial's end mark was seen
  std::uint64_t order = 0;     // of the last record
  std::uint64_t time = 0;      // ns, guest's clock, of the end mark or of the last sign of life
  std::uint64_t patience = 0;  // ns without a completion after which waiting is a violation
};

// A record with what the model made of it.
struct Step {
  const bsc_record& record;
  std::span<const Change> changes;
  const BioModel& model;
};

class Oracle {
 public:
  virtual ~Oracle() = default;
  virtual void see(const Step& step) = 0;
  virtual void conclude(const Closing&, const BioModel&) {}
  const std::vector<Finding>& findings() const { return findings_; }
  // What could not be decided although nothing was lost; empty if all was.
  const std::string& undecided() const { return undecided_; }

 protected:
  void report(Finding finding);
  void undecided(std::string why) { undecided_ = std::move(why); }

 private:
  static constexpr std::size_t kMostFindings = 20;  // of one trial; the first are the ones to read
  std::vector<Finding> findings_;
  std::string undecided_;
};

class Witness {
 public:
  virtual ~Witness() = default;
  virtual void see(const Step& step) = 0;
  // Times seen; 0 means that the run shows nothing.
  std::uint64_t count() const { return count_; }

 protected:
  std::uint64_t count_ = 0;
};

// What `list` and docs show, and how to make one.
struct OracleInfo {
  std::string_view name;
  std::string_view letter;                      // of the specification: "D1"
  std::string_view invariant;                   // one sentence
  std::span<const std::string_view> programs;   // without any of these it is unarmed: "bio_free"
  bool proven = false;                          // a mutant kernel made it fire and its tape is kept
  std::unique_ptr<Oracle> (*make)() = nullptr;  // null: judged from the console
};

struct WitnessInfo {
  std::string_view name;
  std::string_view pattern;  // one sentence
  std::span<const std::string_view> programs;
  std::unique_ptr<Witness> (*make)() = nullptr;
};

std::span<const OracleInfo> all_oracles();
std::span<const WitnessInfo> all_witnesses();
const OracleInfo* find_oracle(std::string_view name);
const WitnessInfo* find_witness(std::string_view name);

}  // namespace bioscope::oracle
