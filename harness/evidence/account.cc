// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/account.h"

#include <ranges>

namespace bioscope::evidence {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

void Account::take(const wire::ToHost& message) {
  std::visit(Overloaded{
                 [&](const wire::Hello& said) { hello = said; },
                 [&](const wire::ModuleLoaded& said) { modules.push_back(said); },
                 [&](const wire::Armed& said) { armed = said; },
                 [&](const wire::Assertion& said) { assertions.push_back(said); },
                 [&](const wire::ScenarioEnd& said) { end = said; },
                 [&](const wire::Loss& said) { loss = said; },
                 [&](const wire::Phase& said) { phases.push_back(said.name); },
                 [&](const wire::Rest&) { bye = true; },
                 [&](const wire::Bye&) { bye = true; },
                 [](const auto&) {},
             },
             message);
}

Account read_account(std::string_view control_jsonl) {
  Account account;
  for (const auto part : std::views::split(control_jsonl, '\n')) {
    const std::string_view line(part.begin(), part.end());
    if (line.empty()) continue;
    const auto message = wire::parse_to_host(line);
    if (message)
      account.take(*message);
    else
      ++account.unreadable;
  }
  return account;
}

std::string account_line(double seconds, const wire::ToHost& message) {
  nlohmann::json object = nlohmann::json::parse(wire::to_json(message));
  // A message has no fractions.
  object["host_ns"] = static_cast<std::uint64_t>(seconds * 1e9);
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace bioscope::evidence
