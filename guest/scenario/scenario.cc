// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/scenario.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <latch>
#include <mutex>
#include <system_error>
#include <thread>

#include "bioscope/event.h"
#include "guest/scenario/needs.h"

namespace bioscope::scenario {
namespace {

std::vector<Scenario>& registry() {
  static std::vector<Scenario> scenarios;
  return scenarios;
}

// A declaration that contradicts itself must not reach a guest, so it ends the program that links
// it, and every build runs that program once (`--describe`).
[[noreturn]] void reject(const Scenario& scenario, std::string_view why) {
  fmt::print(stderr, "bioscope: {}:{}: scenario {} {}\n", scenario.file, scenario.line,
             scenario.name(), why);
  std::abort();
}

std::vector<unsigned> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<unsigned> cpus;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return {0};
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  return cpus;
}

Status pin_to(unsigned cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0)
    return guest_error("cannot pin a thread to CPU {}: {}", cpu, std::strerror(errno));
  return {};
}

}  // namespace

const std::vector<Scenario>& all() { return registry(); }

const Scenario* find(std::string_view name) {
  for (const Scenario& scenario : registry())
    if (scenario.name() == name) return &scenario;
  return nullptr;
}

Workload::Workload(Host& host, std::uint64_t seed, bool long_form)
    : host_(host), seed_(seed), long_form_(long_form), cpus_(allowed_cpus()) {}

Workload::~Workload() { finish(); }

void Workload::step(std::string_view label) {
  host_.mark(BSC_MARK_STEP, 0, label);
  host_.progress();
}

void Workload::cleanup(std::function<void()> action) { cleanups_.push_back(std::move(action)); }

void Workload::finish() {
  while (!cleanups_.empty()) {
    const std::function<void()> action = std::move(cleanups_.back());
    cleanups_.pop_back();
    try {
      action();
    } catch (const SetupFailed& failure) {
      ADD_FAILURE() << "while cleaning up: " << failure.what;
    }
  }
}

void Workload::on_every_cpu(const std::function<void(unsigned cpu)>& body) {
  std::mutex mutex;
  std::exception_ptr first_failure;
  const auto keep_failure = [&] {
    const std::scoped_lock lock(mutex);
    if (!first_failure) first_failure = std::current_exception();
  };

  std::latch start(static_cast<std::ptrdiff_t>(cpus_.size()));
  {
    std::vector<std::jthread> threads;
    for (const unsigned cpu : cpus_) {
      const auto work = [&, cpu] {
        ::pthread_setname_np(::pthread_self(), fmt::format("bsc/{}", cpu).c_str());
        const Status pinned = pin_to(cpu);
        start.arrive_and_wait();
        try {
          if (!pinned) throw SetupFailed{pinned.error().text()};
          body(cpu);
        } catch (...) {
          keep_failure();
        }
      };
      try {
        threads.emplace_back(work);
      } catch (const std::system_error& error) {
        start.count_down(static_cast<std::ptrdiff_t>(cpus_.size() - threads.size()));
        const std::scoped_lock lock(mutex);
        first_failure = std::make_exception_ptr(
            SetupFailed{fmt::format("cannot start a thread for CPU {}: {}", cpu, error.what())});
        break;
      }
    }
  }
  if (first_failure) std::rethrow_exception(first_failure);
}

namespace detail {

bool add(Scenario scenario) {
  if (scenario.declaration.summary.empty()) reject(scenario, "has no summary");
  for (const std::string& need : scenario.declaration.needs)
    if (const auto parsed = parse_need(need); !parsed) reject(scenario, parsed.error().what);

  if (const auto checked = wire::check(scenario.declaration.faults); !checked)
    reject(scenario, fmt::format("plans what cannot be: {}", checked.error().what));

  auto& scenarios = registry();
  const auto place = std::ranges::lower_bound(scenarios, scenario.name(), {},
                                              [](const Scenario& other) { return other.name(); });
  if (place != scenarios.end() && place->name() == scenario.name())
    reject(scenario, fmt::format("is already declared at {}:{}", place->file, place->line));
  scenarios.insert(place, std::move(scenario));
  return true;
}

void setup_failed(const char* expression, const Error& error) {
  throw SetupFailed{fmt::format("{}: {}", expression, error.text())};
}

}  // namespace detail
}  // namespace bioscope::scenario
