// SPDX-License-Identifier: GPL-2.0-only
#include "harness/report/junit.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "harness/report/text.h"

namespace bioscope::report {
namespace {

using verdict::RunResult;
using verdict::TrialResult;
using verdict::Verdict;

// CI servers choke on large files.
constexpr std::size_t kMostBody = 8192;
constexpr std::size_t kMostAttribute = 300;

void set(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name) = one_line(value, kMostAttribute).c_str();
}

std::string body(const TrialResult& trial) {
  std::string text;
  for (const std::string& reason : trial.reasons) text += reason + '\n';
  for (const auto& finding : trial.findings) {
    text += fmt::format("{}/{} {}: {}\n", finding.oracle, finding.kind, finding.fingerprint,
                        finding.summary);
    for (const std::string& frame : finding.frames) text += "  at " + frame + '\n';
  }
  return text;
}

void describe(pugi::xml_node node, const TrialResult& trial) {
  const std::string verdict(verdict::name(trial.verdict));
  set(node, "type",
      trial.findings.empty() ? verdict : trial.findings[0].oracle + '/' + trial.findings[0].kind);
  set(node, "message", trial.reasons.empty() ? verdict : trial.reasons.front());
  node.text() = lines(body(trial), kMostBody).c_str();
}

const char* element_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass: return nullptr;
    case Verdict::kFail: return "failure";
    case Verdict::kSkip: return "skipped";
    case Verdict::kInconclusive:
    case Verdict::kInfra: break;
  }
  return "error";
}

// A meta scenario passes if it received what it declares.
Verdict outcome_of(const RunResult& run, const TrialResult& trial) {
  return run.expected.empty() ? trial.verdict : run.effective();
}

// The last attempt at the trial, if this one is none.
const TrialResult* retry_of(const RunResult& run, const TrialResult& trial) {
  const TrialResult* last = &trial;
  for (const TrialResult& other : run.trials)
    if (other.number == trial.number && other.attempt > last->attempt) last = &other;
  return last == &trial ? nullptr : last;
}

struct Counts {
  unsigned tests = 0, failures = 0, errors = 0, skipped = 0;

  void add(pugi::xml_node test) {
    ++tests;
    failures += test.child("failure") ? 1 : 0;
    errors += test.child("error") ? 1 : 0;
    skipped += test.child("skipped") ? 1 : 0;
  }
  Counts& operator+=(const Counts& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
    return *this;
  }
  void write(pugi::xml_node node) const {
    node.append_attribute("tests") = tests;
    node.append_attribute("failures") = failures;
    node.append_attribute("errors") = errors;
    node.append_attribute("skipped") = skipped;
  }
};

void add_test(pugi::xml_node suite, const RunResult& run, const TrialResult& trial) {
  pugi::xml_node test = suite.append_child("testcase");
  set(test, "classname", run.scenario);
  test.append_attribute("name") = fmt::format("trial {}", trial.number).c_str();
  test.append_attribute("time") = fmt::format("{:.3f}", trial.seconds).c_str();
  const Verdict outcome = outcome_of(run, trial);
  if (const char* element = element_of(outcome)) describe(test.append_child(element), trial);
  for (const TrialResult& earlier : run.trials)
    if (retry_of(run, earlier) == &trial)
      describe(test.append_child(outcome == Verdict::kPass ? "flakyError" : "rerunError"), earlier);
  std::string out =
      fmt::format("seed {}, {} events, {} lost\n", trial.seed, trial.events, trial.lost);
  for (const auto& witness : trial.witnesses)
    out += fmt::format("witness {}: {}\n", witness.witness, witness.count);
  out += "record: " + trial.directory + '\n';
  if (!run.replay.empty()) out += "again: " + run.replay + '\n';
  test.append_child("system-out").text() = lines(out, kMostBody).c_str();
}

Counts add_suite(pugi::xml_node suites, const KernelInfo& kernel, const RunResult& run) {
  pugi::xml_node suite = suites.append_child("testsuite");
  set(suite, "name", run.scenario);
  suite.append_attribute("time") = fmt::format("{:.3f}", run.seconds).c_str();
  pugi::xml_node properties = suite.append_child("properties");
  const std::pair<const char*, const std::string&> facts[] = {{"kernel.release", kernel.release},
                                                              {"kernel.version", kernel.version},
                                                              {"kernel.digest", kernel.digest},
                                                              {"directory", run.directory}};
  for (const auto& [name, value] : facts) {
    pugi::xml_node property = properties.append_child("property");
    property.append_attribute("name") = name;
    set(property, "value", value);
  }
  Counts counts;
  for (const TrialResult& trial : run.trials) {
    if (retry_of(run, trial) != nullptr) continue;
    add_test(suite, run, trial);
    counts.add(suite.last_child());
  }
  counts.write(suite);
  return counts;
}

}  // namespace

std::string to_junit(const KernelInfo& kernel, std::span<const RunResult> runs) {
  pugi::xml_document document;
  pugi::xml_node suites = document.append_child("testsuites");
  suites.append_attribute("name") = "bioscope";
  Counts counts;
  for (const RunResult& run : runs) counts += add_suite(suites, kernel, run);
  counts.write(suites);
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

}  // namespace bioscope::report
