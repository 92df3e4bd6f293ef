// SPDX-License-Identifier: GPL-2.0-only
#include "harness/report/junit.h"

#include <fmt/format.h>
#include <pugixml.hpp>

#include <sstream>

namespace bioscope::report {
namespace {

using verdict::Verdict;

constexpr std::size_t kMostText = 16 * 1024;  // of one test case; CI servers choke on more

// XML 1.0 has no place for control characters, nor for what is no UTF-8.
std::string fit(std::string_view text) {
  std::string plain;
  for (const char c : text.substr(0, kMostText)) {
    const auto byte = static_cast<unsigned char>(c);
    plain += byte == '\n' || byte == '\t' || (byte >= 0x20 && byte < 0x7f) ? c : '?';
  }
  if (text.size() > kMostText) plain += "\n[cut]";
  return plain;
}

std::string details(const verdict::TrialResult& trial) {
  std::string text;
  for (const std::string& reason : trial.reasons) text += reason + '\n';
  for (const auto& finding : trial.findings)
    for (const std::string& frame : finding.frames) text += "  at " + frame + '\n';
  return text + "record: " + trial.directory + '\n';
}

void add_outcome(pugi::xml_node test, const verdict::RunResult& run,
                 const verdict::TrialResult& trial) {
  const bool meta = !run.expected.empty();
  const Verdict verdict = meta ? (run.as_expected() ? Verdict::kPass : Verdict::kFail)
                               : trial.verdict;
  if (verdict == Verdict::kPass) return;
  const char* element = verdict == Verdict::kFail   ? "failure"
                        : verdict == Verdict::kSkip ? "skipped"
                                                    : "error";
  pugi::xml_node outcome = test.append_child(element);
  const std::string type = trial.findings.empty()
                               ? std::string(verdict::name(trial.verdict))
                               : trial.findings.front().oracle + '/' + trial.findings.front().kind;
  outcome.append_attribute("type") = fit(type).c_str();
  outcome.append_attribute("message") =
      fit(trial.reasons.empty() ? std::string(verdict::name(trial.verdict)) : trial.reasons.front())
          .c_str();
  outcome.text() = fit(details(trial)).c_str();
}

}  // namespace

std::string to_junit(const KernelInfo& kernel, std::span<const verdict::RunResult> runs) {
  pugi::xml_document document;
  pugi::xml_node suites = document.append_child("testsuites");
  suites.append_attribute("name") = "bioscope";
  for (const auto& run : runs) {
    pugi::xml_node suite = suites.append_child("testsuite");
    unsigned failures = 0, errors = 0, skipped = 0;
    suite.append_attribute("name") = fit(run.scenario).c_str();
    suite.append_attribute("tests") = static_cast<unsigned>(run.trials.size());
    suite.append_attribute("time") = fmt::format("{:.3f}", run.seconds).c_str();
    pugi::xml_node properties = suite.append_child("properties");
    const std::pair<const char*, const std::string&> facts[] = {
        {"kernel.release", kernel.release},
        {"kernel.version", kernel.version},
        {"kernel.digest", kernel.digest},
        {"directory", run.directory}};
    for (const auto& [name, value] : facts) {
      pugi::xml_node property = properties.append_child("property");
      property.append_attribute("name") = name;
      property.append_attribute("value") = fit(value).c_str();
    }
    for (const auto& trial : run.trials) {
      pugi::xml_node test = suite.append_child("testcase");
      test.append_attribute("classname") = fit(run.scenario).c_str();
      test.append_attribute("name") =
          fmt::format("trial {}{}", trial.number, trial.attempt != 0 ? " retry" : "").c_str();
      test.append_attribute("time") = fmt::format("{:.3f}", trial.seconds).c_str();
      add_outcome(test, run, trial);
      failures += test.child("failure") ? 1 : 0;
      errors += test.child("error") ? 1 : 0;
      skipped += test.child("skipped") ? 1 : 0;
    }
    suite.append_attribute("failures") = failures;
    suite.append_attribute("errors") = errors;
    suite.append_attribute("skipped") = skipped;
  }
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

}  // namespace bioscope::report
