// SPDX-License-Identifier: GPL-2.0-only
// bioscope nvdimm check FILE: reads the block translation table in an NVDIMM's backing file.
#include <unistd.h>

#include <memory>

#include <nlohmann/json.hpp>

#include "harness/base/file.h"
#include "harness/cli/nvdimm.h"

namespace bioscope::cli {
namespace {

using nlohmann::json;

struct Line {
  std::string file{};
  std::uint64_t offset = 0;
  std::string json{};
};

std::string in_hex(const std::array<std::uint8_t, 16>& uuid) {
  std::string text;
  for (std::size_t i = 0; i < uuid.size(); ++i)
    text += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
  return text;
}

json to_json(const nvdimm::Arena& arena) {
  auto pending = json::array();
  for (const auto& write : arena.pending)
    pending.push_back({{"lane", write.lane},
                       {"lba", write.lba},
                       {"old_block", write.old_block},
                       {"new_block", write.new_block}});
  const auto& info = arena.info;
  return {{"offset", arena.offset},
          {"version", fmt::format("{}.{}", info.version_major, info.version_minor)},
          {"uuid", in_hex(info.uuid)},
          {"parent_uuid", in_hex(info.parent_uuid)},
          {"info_block", arena.primary},
          {"copy", arena.copy},
          {"sector_bytes", info.external_lba_size},
          {"sectors", info.external_lbas},
          {"block_bytes", info.internal_lba_size},
          {"blocks", info.internal_lbas},
          {"lanes", info.lanes},
          {"mapped", arena.mapped},
          {"zero", arena.zero},
          {"error", arena.error},
          {"free", arena.free},
          {"pending", pending}};
}

json to_json(const Line& line, const nvdimm::Check& check) {
  auto arenas = json::array();
  for (const auto& arena : check.arenas) arenas.push_back(to_json(arena));
  auto found = json::array();
  for (const auto& each : check.found) found.push_back(inconsistency_to_json(each));
  return {{"schema", 1},           {"file", line.file},
          {"offset", line.offset}, {"clean", check.clean()},
          {"arenas", arenas},      {"inconsistencies", found},
          {"more", check.more}};
}

void print(const nvdimm::Check& check) {
  for (std::size_t number = 0; number < check.arenas.size(); ++number) {
    const auto& arena = check.arenas[number];
    const auto& info = arena.info;
    fmt::print(
        "arena {} at {:#x}: version {}.{}, {} sectors of {} bytes, {} lanes; {} mapped, {} zero, "
        "{} in error\n",
        number, arena.offset, info.version_major, info.version_minor, info.external_lbas,
        info.external_lba_size, info.lanes, arena.mapped, arena.zero, arena.error);
    for (const auto& write : arena.pending)
      fmt::print(
          "  lane {}: the write of LBA {} to block {} was logged and not mapped; the next "
          "attach maps it\n",
          write.lane, write.lba, write.new_block);
  }
  for (const auto& found : check.found)
    fmt::print("{}: arena {}, {:#x}: {}\n", found.kind, found.arena, found.offset, found.what);
  if (check.more != 0) fmt::print("and {} more\n", check.more);
  fmt::print("{}\n", check.clean()
                         ? "clean"
                         : fmt::format("{} inconsistencies", check.found.size() + check.more));
}

Result<int> execute(const Line& line) {
  BSC_TRY_ASSIGN(const auto bytes, nvdimm::open_bytes(line.file));
  if (line.offset >= bytes->size())
    return usage_error("{}: --offset {} is not within its {} bytes", line.file, line.offset,
                       bytes->size());
  BSC_TRY_ASSIGN(const auto check, within(line.file, nvdimm::check_btt(*bytes, line.offset)));
  if (line.json != "-") print(check);
  if (!line.json.empty()) {
    const std::string text = to_json(line, check).dump(2) + "\n";
    BSC_TRY(line.json == "-" ? write_all(STDOUT_FILENO, text) : write_file(line.json, text));
  }
  return check.clean() ? 0 : 1;
}

}  // namespace

json inconsistency_to_json(const nvdimm::Inconsistency& found) {
  json object{
      {"kind", found.kind}, {"what", found.what}, {"arena", found.arena}, {"offset", found.offset}};
  if (found.lane) object["lane"] = *found.lane;
  if (found.lba) object["lba"] = *found.lba;
  if (found.block) object["block"] = *found.block;
  return object;
}

void add_nvdimm(CLI::App& app, const Context& context, Action& action) {
  const auto line = std::make_shared<Line>();
  CLI::App* verb = app.add_subcommand("nvdimm", "look into an NVDIMM's backing file");
  verb->require_subcommand(1);
  CLI::App* check = verb->add_subcommand(
      "check", "check the block translation table of a namespace in sector mode");
  check->add_option("file", line->file, "the file, which is only read")->required();
  check->add_option("--offset", line->offset, "where the namespace begins in it, bytes")
      ->transform(CLI::AsSizeValue(false));
  check->add_option("--json", line->json, "write the result as JSON (- is standard output)");
  check->callback([=, &action] { action = [line] { return execute(*line); }; });
  add_nvdimm_crash(*verb, context, action);
}

}  // namespace bioscope::cli
