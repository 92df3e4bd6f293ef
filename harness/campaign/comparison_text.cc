// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/comparison_text.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "harness/base/text.h"
#include "harness/report/text.h"

namespace bioscope::campaign {
namespace {

using nlohmann::json;

constexpr Change kAll[] = {Change::kRegressed,    Change::kFixed,        Change::kUndecided,
                           Change::kStillFailing, Change::kStillPassing, Change::kSkipped};
constexpr std::size_t kMailColumns = 72;
constexpr std::size_t kMostAttribute = 300;

std::string of(const plan::Count& count) { return fmt::format("{}/{}", count.seen, count.trials); }

std::string with_interval(const plan::Count& count) {
  const auto interval = plan::exact_interval(count.seen, count.trials);
  return fmt::format("{} of {} ({:.0f} to {:.0f} %)", count.seen, count.trials, 100 * interval.low,
                     100 * interval.high);
}

std::string label(const Row& row) {
  return row.finding.oracle.empty() ? std::string()
                                    : fmt::format("{}/{}", row.finding.oracle, row.finding.kind);
}

std::string advice(const Row& row) {
  auto text = row.why;
  if (row.decides) text += fmt::format("; {} trials of each would tell", *row.decides);
  return text;
}

// What ends a comparison before it begins; empty if nothing does.
std::string verdict_before(const Sides& sides) {
  if (!sides.base_trouble.empty())
    return fmt::format("the base is no control: {}. Nothing is blamed on the patches",
                       sides.base_trouble);
  if (!sides.patched_trouble.empty())
    return fmt::format("regressed: {}; the base builds and boots", sides.patched_trouble);
  return {};
}

std::string summary(const Comparison& comparison) {
  std::string text;
  for (const Change change : kAll)
    if (const auto rows = count(comparison, change); rows > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", rows, name(change));
  return text.empty() ? "nothing was compared" : text;
}

std::string heading(const Sides& sides) {
  const auto line = [](std::string_view what, const std::string& side, const std::string& kernel) {
    return fmt::format("{:<8} {}{}\n", what, side, kernel.empty() ? "" : " (" + kernel + ")");
  };
  return line("base", sides.base, sides.base_kernel) +
         line("patched", sides.patched, sides.patched_kernel);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '\\' || c == '`' || c == '<' || c == '*' || c == '_') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::size_t width(const Comparison& comparison) {
  std::size_t widest = 8;
  for (const Row& row : comparison.rows) widest = std::max(widest, row.scenario.size());
  return widest;
}

}  // namespace

std::string to_terminal(const Sides& sides, const Comparison& comparison) {
  auto text = heading(sides);
  if (const auto before = verdict_before(sides); !before.empty())
    return text + fmt::format("\n{}\n", before);
  const auto columns = width(comparison);
  text += fmt::format("\n{:<{}}  {:<13}  {:>7}  {:>7}  {:>7}  finding\n", "scenario", columns,
                      "change", "base", "patched", "p");
  for (const Row& row : comparison.rows) {
    auto line = fmt::format("{:<{}}  {:<13}  {:>7}  {:>7}  {:>7}  {} {}", row.scenario, columns,
                            name(row.change), of(row.base), of(row.patched),
                            row.finding.oracle.empty() ? "" : fmt::format("{:.2g}", row.p),
                            label(row), row.finding.fingerprint);
    while (line.ends_with(' ')) line.pop_back();
    text += line + '\n';
    if (!row.finding.oracle.empty()) text += fmt::format("    {}\n", row.finding.summary);
    if (const auto more = advice(row); !more.empty()) text += fmt::format("    {}\n", more);
    if (row.change == Change::kRegressed) {
      text += fmt::format("    base {}, patched {}\n", with_interval(row.base),
                          with_interval(row.patched));
      text += fmt::format("    {}\n    {}\n", row.directory, row.replay);
    }
  }
  return text + fmt::format("\n{}\n", summary(comparison));
}

std::string to_mail(const Sides& sides, const Comparison& comparison) {
  std::string text;
  const auto paragraph = [&](std::string head, const std::string& words, std::size_t indent) {
    for (const auto& line : wrap(std::move(head), words_of(words), indent, kMailColumns))
      text += line + '\n';
  };
  text += heading(sides) + '\n';
  if (const auto before = verdict_before(sides); !before.empty()) {
    paragraph("", before, 0);
    return text;
  }
  paragraph("", "Trials that show a finding, of those that say something; exact intervals of 95 %.",
            0);
  for (const Change change : kAll) {
    if (count(comparison, change) == 0) continue;
    text += fmt::format("\n{}:\n", name(change));
    for (const Row& row : comparison.rows) {
      if (row.change != change) continue;
      if (change == Change::kStillPassing) {
        paragraph(
            "  ",
            fmt::format("{}: {} failed of {}", row.scenario, row.patched.seen, row.patched.trials),
            4);
        continue;
      }
      paragraph("  ",
                fmt::format("{}: {}", row.scenario,
                            row.finding.oracle.empty() ? advice(row) : label(row)),
                4);
      if (row.finding.oracle.empty()) continue;
      paragraph("    ", row.finding.summary, 4);
      paragraph("    ",
                fmt::format("base {}, patched {}, p = {:.2g}", with_interval(row.base),
                            with_interval(row.patched), row.p),
                4);
      if (const auto more = advice(row); !more.empty()) paragraph("    ", more, 4);
      for (const auto& frame : row.finding.frames) text += fmt::format("      {}\n", frame);
      if (change == Change::kRegressed) text += fmt::format("    {}\n", row.replay);
    }
  }
  return text;
}

std::string to_markdown(const Sides& sides, const Comparison& comparison) {
  auto text = fmt::format("**base** {} {}  \n**patched** {} {}\n\n", escaped(sides.base),
                          escaped(sides.base_kernel), escaped(sides.patched),
                          escaped(sides.patched_kernel));
  if (const auto before = verdict_before(sides); !before.empty())
    return text + escaped(before) + '\n';
  text += fmt::format("{}\n\n", summary(comparison));
  text += "| scenario | change | base | patched | p | finding |\n|---|---|---|---|---|---|\n";
  for (const Row& row : comparison.rows)
    text += fmt::format(
        "| {} | {} | {} | {} | {} | {} |\n", escaped(row.scenario),
        row.change == Change::kRegressed ? "**regressed**" : std::string(name(row.change)),
        with_interval(row.base), with_interval(row.patched),
        row.finding.oracle.empty() ? "" : fmt::format("{:.2g}", row.p),
        escaped(row.finding.oracle.empty()
                    ? advice(row)
                    : fmt::format("{}: {}", label(row), row.finding.summary)));
  return text;
}

std::string to_json(const Sides& sides, const Comparison& comparison) {
  const auto side = [](const plan::Count& count) {
    const auto interval = plan::exact_interval(count.seen, count.trials);
    return json{{"seen", count.seen},
                {"trials", count.trials},
                {"low", interval.low},
                {"high", interval.high}};
  };
  auto rows = json::array();
  for (const Row& row : comparison.rows)
    rows.push_back({{"scenario", row.scenario},
                    {"change", name(row.change)},
                    {"base", side(row.base)},
                    {"patched", side(row.patched)},
                    {"oracle", row.finding.oracle},
                    {"kind", row.finding.kind},
                    {"fingerprint", row.finding.fingerprint},
                    {"summary", row.finding.summary},
                    {"p", row.p},
                    {"decides", row.decides.value_or(0)},
                    {"why", row.why},
                    {"directory", row.directory},
                    {"replay", row.replay}});
  const json document{
      {"schema", 1},
      {"base",
       {{"spec", sides.base}, {"kernel", sides.base_kernel}, {"trouble", sides.base_trouble}}},
      {"patched",
       {{"spec", sides.patched},
        {"kernel", sides.patched_kernel},
        {"trouble", sides.patched_trouble}}},
      {"rows", rows}};
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string to_junit(const Sides& sides, const Comparison& comparison) {
  pugi::xml_document document;
  auto suites = document.append_child("testsuites");
  suites.append_attribute("name") = "bioscope compare";
  auto suite = suites.append_child("testsuite");
  suite.append_attribute("name") =
      report::one_line(fmt::format("{} against {}", sides.patched, sides.base), kMostAttribute)
          .c_str();
  unsigned tests = 0, failures = 0, errors = 0, skipped = 0;
  const auto test = [&](const std::string& name) {
    ++tests;
    auto node = suite.append_child("testcase");
    node.append_attribute("classname") = "compare";
    node.append_attribute("name") = report::one_line(name, kMostAttribute).c_str();
    return node;
  };
  const auto tell = [&](pugi::xml_node node, const char* element, const std::string& what,
                        unsigned& counter) {
    ++counter;
    node.append_child(element).append_attribute("message") =
        report::one_line(what, kMostAttribute).c_str();
  };
  if (!sides.base_trouble.empty())
    tell(test("base"), "error", verdict_before(sides), errors);
  else if (!sides.patched_trouble.empty())
    tell(test("patched"), "failure", verdict_before(sides), failures);
  for (const Row& row : comparison.rows) {
    const auto node =
        test(row.finding.oracle.empty()
                 ? row.scenario
                 : fmt::format("{} {} {}", row.scenario, label(row), row.finding.fingerprint));
    const auto what = fmt::format("{}: base {}, patched {}. {}", name(row.change),
                                  with_interval(row.base), with_interval(row.patched),
                                  row.finding.summary.empty() ? advice(row) : row.finding.summary);
    if (row.change == Change::kRegressed) tell(node, "failure", what, failures);
    if (row.change == Change::kUndecided) tell(node, "error", what, errors);
    if (row.change == Change::kSkipped) tell(node, "skipped", what, skipped);
  }
  for (auto node : {suites, suite}) {
    node.append_attribute("tests") = tests;
    node.append_attribute("failures") = failures;
    node.append_attribute("errors") = errors;
    node.append_attribute("skipped") = skipped;
  }
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

int exit_code(const Sides& sides, const Comparison& comparison) {
  if (!sides.base_trouble.empty()) return verdict::exit_code(verdict::Verdict::kInconclusive);
  if (!sides.patched_trouble.empty()) return verdict::exit_code(verdict::Verdict::kFail);
  return exit_code(comparison);
}

}  // namespace bioscope::campaign
