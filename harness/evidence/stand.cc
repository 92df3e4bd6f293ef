// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/stand.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

namespace bioscope::evidence {
namespace {

// The entry runs straight on for some dozen bytes before it calls.
constexpr std::uint64_t kEntryBytes = 64;
constexpr std::string_view kInt3 = "cc";
constexpr unsigned kCodeBytes = 8;

// The hexadecimal number behind `name` in the text, as in "RIP=ffffffff81155ce5".
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view name) {
  auto at = text.find(name);
  if (at == std::string_view::npos) return {};
  at = text.find_first_not_of(' ', at + name.size());
  if (at == std::string_view::npos) return {};
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data() + at, text.data() + text.size(), number, 16);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

// The bytes in an answer to "x /Nxb", as "ffffffff81155ce5: 0x0f 0x1f ...", in hex.
std::string bytes_of(std::string_view answer) {
  std::string bytes;
  while (!answer.empty()) {
    const auto line = answer.substr(0, answer.find('\n'));
    answer.remove_prefix(std::min(line.size() + 1, answer.size()));
    auto at = line.find(':');
    while (at != std::string_view::npos && (at = line.find("0x", at)) != std::string_view::npos) {
      at += 2;
      bytes += line.substr(at, 2);
    }
  }
  return bytes;
}

std::string memory(const Monitor& monitor, std::uint64_t address, unsigned bytes) {
  return bytes_of(monitor(fmt::format("x /{}xb {:#x}", bytes, address)));
}

// The little-endian number of up to 8 bytes that begins at a byte of a string of hex digits.
std::uint64_t number_at(std::string_view hex, std::size_t byte, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = byte + bytes; i-- > byte;) {
    unsigned value = 0;
    const auto digits = hex.substr(i * 2, 2);
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    number = number << 8 | value;
  }
  return number;
}

// Where the guest's interrupt table sends an int3 (Intel SDM volume 3A, 6.14.1); 0 if that cannot
// be read.
std::uint64_t int3_entry(const Monitor& monitor, std::string_view registers) {
  constexpr unsigned kVector = 3;
  constexpr unsigned kGate = 16;
  const auto table = number_after(registers, "IDT=");
  if (!table) return 0;
  const auto gate = memory(monitor, *table + std::uint64_t{kVector} * kGate, kGate);
  if (gate.size() != std::size_t{2} * kGate) return 0;
  return number_at(gate, 0, 2) | number_at(gate, 6, 2) << 16 | number_at(gate, 8, 4) << 32;
}

class Looking {
 public:
  explicit Looking(const Monitor& monitor) : monitor_(monitor) {}

  Stand look(unsigned looks) {
    while (stand_.looks < looks && look()) ++stand_.looks;
    for (const auto& [where, count] : seen_)
      stand_.places.push_back({.cpu = where.first,
                               .address = where.second,
                               .looks = count,
                               .code = memory(monitor_, where.second, kCodeBytes)});
    return std::move(stand_);
  }

 private:
  bool look() {
    const auto answer = monitor_("info registers -a");
    if (stand_.looks == 0) entry_ = int3_entry(monitor_, answer);
    std::string_view text = answer;
    bool any = false;
    for (std::size_t at; (at = text.find("CPU#")) != std::string_view::npos; any = true) {
      text.remove_prefix(at + 4);
      look_at(text.substr(0, text.find("CPU#")));
    }
    return any;
  }

  void look_at(std::string_view registers) {
    unsigned cpu = 0;
    std::from_chars(registers.data(), registers.data() + registers.size(), cpu);
    const auto address = number_after(registers, "RIP=");
    const auto stack = number_after(registers, "RSP=");
    if (!address) return;
    ++seen_[{cpu, *address}];
    if (!stack || entry_ == 0 || *address < entry_ || *address >= entry_ + kEntryBytes) return;
    // The handler first pushes what stands for an error code, or has not yet.
    const auto frame = memory(monitor_, *stack, 16);
    for (const unsigned offset : {0u, 8u})
      if (frame.size() == 32) trap({.cpu = cpu, .address = number_at(frame, offset, 8)});
  }

  void trap(const Trap& trap) {
    if (std::ranges::find(stand_.traps, trap) == stand_.traps.end()) stand_.traps.push_back(trap);
  }

  const Monitor& monitor_;
  Stand stand_;
  std::uint64_t entry_ = 0;
  std::map<std::pair<unsigned, std::uint64_t>, unsigned> seen_;  // by vCPU and program counter
};

}  // namespace

Stand look_around(const Monitor& monitor, unsigned looks) { return Looking(monitor).look(looks); }

std::optional<std::uint64_t> Stand::stale_int3() const {
  for (const Place& place : places) {
    if (place.code.empty() || place.code.starts_with(kInt3)) continue;
    const bool trapped = std::ranges::any_of(traps, [&](const Trap& trap) {
      return trap.cpu == place.cpu &&
             (trap.address == place.address || trap.address == place.address + 1);
    });
    if (trapped) return place.address;
  }
  return {};
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Trap, cpu, address)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Place, cpu, address, looks, code)

void to_json(nlohmann::json& json, const Stand& stand) {
  json = {{"looks", stand.looks}, {"places", stand.places}, {"traps", stand.traps}};
}

void from_json(const nlohmann::json& json, Stand& stand) {
  stand.looks = json.value("looks", 0u);
  stand.places = json.value("places", std::vector<Place>{});
  stand.traps = json.value("traps", std::vector<Trap>{});
}

}  // namespace bioscope::evidence
