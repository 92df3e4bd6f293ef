// SPDX-License-Identifier: GPL-2.0-only
// bioscope nvdimm check FILE: reads the block translation table in an NVDIMM's backing file.
// bioscope nvdimm crash RUN: makes the images that a power cut could have left, and checks each.
#include <unistd.h>

#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "harness/base/file.h"
#include "harness/cli/verb.h"
#include "harness/evidence/account.h"
#include "harness/evidence/run_directory.h"
#include "harness/evidence/trace_reader.h"
#include "harness/evidence/trial.h"
#include "harness/nvdimm/btt_check.h"
#include "harness/nvdimm/crash_record.h"

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

json to_json(const nvdimm::Inconsistency& found) {
  json object{
      {"kind", found.kind}, {"what", found.what}, {"arena", found.arena}, {"offset", found.offset}};
  if (found.lane) object["lane"] = *found.lane;
  if (found.lba) object["lba"] = *found.lba;
  if (found.block) object["block"] = *found.block;
  return object;
}

json to_json(const Line& line, const nvdimm::Check& check) {
  auto arenas = json::array();
  for (const auto& arena : check.arenas) arenas.push_back(to_json(arena));
  auto found = json::array();
  for (const auto& each : check.found) found.push_back(to_json(each));
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

// ---- crash ----

struct CrashLine {
  std::string run{};
  unsigned trial = 0;
  nvdimm::CrashOptions options{};
  std::string out{};
  unsigned samples = 0;
  std::string json{};
};

struct CrashEvidence {
  std::vector<std::uint8_t> base{};    // the namespace's bytes
  std::vector<std::uint8_t> labels{};  // what follows them in the file
  nvdimm::RecordedStores stores{};
  std::vector<nvdimm::Arena> arenas{};
};

Result<std::vector<std::uint8_t>> read_all(const std::filesystem::path& path) {
  BSC_TRY_ASSIGN(const auto bytes, nvdimm::open_bytes(path));
  std::vector<std::uint8_t> all(bytes->size());
  BSC_TRY(bytes->read(0, all));
  return all;
}

Result<nvdimm::RecordedStores> read_stores(const std::filesystem::path& guest) {
  BSC_TRY_ASSIGN(auto reader, evidence::TraceReader::open(guest / "trace"));
  nvdimm::StoreReader stores;
  while (const bsc_record* record = reader.next()) stores.see(*record);
  const auto account =
      evidence::read_account(read_file(guest / "control.jsonl").value_or(std::string()));
  if (account.loss) reader.ledger().report(*account.loss);
  BSC_TRY_ASSIGN(auto recorded, stores.finish());
  if (!reader.ledger().complete())
    return usage_error("images of what is not all there would mean nothing: {}",
                       reader.ledger().reasons().front());
  return recorded;
}

// What was recorded must lead from the one image to the other: else some store is not in the
// record, and images without it prove nothing.
Status check_last(const CrashEvidence& evidence, const std::vector<std::uint8_t>& last) {
  BSC_TRY_ASSIGN(const auto all, with_all_stores(evidence.base, evidence.stores.history));
  for (std::size_t at = 0; at < all.size(); ++at)
    if (at >= last.size() || all[at] != last[at])
      return usage_error(
          "the recorded stores do not make the image \"last\" of \"base\": at {:#x} ({}) they "
          "differ",
          at, nvdimm::describe_place(evidence.arenas, at));
  return {};
}

Result<CrashEvidence> read_crash(const CrashLine& line) {
  BSC_TRY_ASSIGN(const auto run, evidence::RunDirectory::open(line.run));
  const auto plan = run.trial(line.trial) / "plan.json";
  const auto text = read_file(plan);
  if (!text) return usage_error("{} has no trial {}", line.run, line.trial);
  BSC_TRY_ASSIGN(const auto trial, within(plan.string(), evidence::parse_trial(*text)));
  const auto guest = run.guest(trial.guest);
  CrashEvidence evidence;
  BSC_TRY_ASSIGN(evidence.stores, within(line.run, read_stores(guest)));
  BSC_TRY_ASSIGN(evidence.base, read_all(guest / "nvdimm-base"));
  BSC_TRY_ASSIGN(const auto last, read_all(guest / "nvdimm-last"));
  BSC_TRY_ASSIGN(const auto check,
                 within(line.run, nvdimm::check_btt(nvdimm::MemoryBytes(evidence.base))));
  evidence.arenas = check.arenas;
  BSC_TRY(within(line.run, check_last(evidence, last)));
  return evidence;
}

json lack_to_json(const CrashEvidence& evidence, const nvdimm::Lack& lack) {
  const auto& store = evidence.stores.history.stores[lack.store];
  return {{"record", store.order},
          {"task", store.task},
          {"offset", store.offset},
          {"bytes", store.bytes.size()},
          {"missing", lack.missing},
          {"past_cache", store.past_cache},
          {"place", nvdimm::describe_place(evidence.arenas, store.offset)}};
}

json crash_to_json(const CrashLine& line, const CrashEvidence& evidence,
                   const nvdimm::CrashReport& report) {
  auto broken = json::array();
  for (const auto& image : report.first) {
    auto lacks = json::array();
    for (const auto& lack : image.lacks) lacks.push_back(lack_to_json(evidence, lack));
    auto found = json::array();
    for (const auto& each : image.found) found.push_back(to_json(each));
    broken.push_back({{"before_record", image.order},
                      {"in_flight", image.in_flight},
                      {"lacks", lacks},
                      {"inconsistencies", found}});
  }
  const auto& count = report.count;
  return {{"schema", 1},
          {"run", line.run},
          {"trial", line.trial},
          {"seed", line.options.seed},
          {"stores", evidence.stores.history.stores.size()},
          {"never_flushed", count.never_flushed},
          {"points", count.points},
          {"points_tried", count.points_tried},
          {"most_in_flight", count.most_in_flight},
          {"images", count.images},
          {"broken", report.broken},
          {"first_broken", broken}};
}

void print_crash(const CrashEvidence& evidence, const nvdimm::CrashReport& report) {
  const auto& count = report.count;
  fmt::print(
      "{} stores between records {} and {}, at most {} in flight at once, {} never flushed\n"
      "{} images, of {} of the {} instants at which something was in flight: {} broken\n",
      evidence.stores.history.stores.size(), evidence.stores.first, evidence.stores.last,
      count.most_in_flight, count.never_flushed, count.images, count.points_tried, count.points,
      report.broken);
  for (const auto& image : report.first) {
    fmt::print("\nthe power goes before record {}, with {} stores in flight:\n", image.order,
               image.in_flight);
    for (const auto& found : image.found)
      fmt::print("  {}: arena {}, {:#x}: {}\n", found.kind, found.arena, found.offset, found.what);
    for (const auto& lack : image.lacks) {
      const auto& store = evidence.stores.history.stores[lack.store];
      fmt::print("  lacks {} of {} bytes of record {}, {:#x}: {}{}\n", lack.missing,
                 store.bytes.size(), store.order, store.offset,
                 nvdimm::describe_place(evidence.arenas, store.offset),
                 store.past_cache ? "" : ", left in the cache");
    }
  }
  if (report.broken > report.first.size())
    fmt::print("\nand {} more\n", report.broken - report.first.size());
}

// Images for a kernel to attach, evenly taken from all.
Status write_samples(const CrashLine& line, const CrashEvidence& evidence, std::size_t images) {
  std::error_code code;
  std::filesystem::create_directories(line.out, code);
  if (code) return usage_error("cannot make {}: {}", line.out, code.message());
  std::size_t number = 0, written = 0;
  Status failed;
  const auto visit = [&](const nvdimm::CrashImage& image) {
    if (number++ * line.samples / images < written) return true;
    std::vector<std::uint8_t> bytes(image.bytes.size());
    failed = image.bytes.read(0, bytes);
    bytes.insert(bytes.end(), evidence.labels.begin(), evidence.labels.end());
    const auto file = std::filesystem::path(line.out) / fmt::format("image-{}", written);
    if (failed)
      failed = write_file(file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    ++written;
    return failed.has_value() && written < line.samples;
  };
  BSC_TRY(
      nvdimm::for_each_crash_image(evidence.base, evidence.stores.history, line.options, visit));
  return failed;
}

Result<int> execute_crash(const CrashLine& line) {
  BSC_TRY_ASSIGN(const auto evidence, read_crash(line));
  BSC_TRY_ASSIGN(const auto report,
                 within(line.run, nvdimm::check_crash_images(evidence.base, evidence.stores.history,
                                                             line.options)));
  if (line.json != "-") print_crash(evidence, report);
  if (!line.json.empty()) {
    const std::string text = crash_to_json(line, evidence, report).dump(2) + "\n";
    BSC_TRY(line.json == "-" ? write_all(STDOUT_FILENO, text) : write_file(line.json, text));
  }
  if (!line.out.empty()) BSC_TRY(write_samples(line, evidence, report.count.images));
  return report.broken == 0 ? 0 : 1;
}

}  // namespace

void add_nvdimm(CLI::App& app, const Context&, Action& action) {
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

  const auto crash_line = std::make_shared<CrashLine>();
  CLI::App* crash = verb->add_subcommand(
      "crash", "make the images that a power cut could have left in a run, and check each");
  crash->add_option("run", crash_line->run, "run directory of btt/crash_images or its like")
      ->required();
  crash->add_option("--trial", crash_line->trial, "its number (0)");
  crash->add_option("--seed", crash_line->options.seed, "of what is chosen by chance (1)");
  crash->add_option("--most", crash_line->options.most, "images, at most (1000)")
      ->check(CLI::Range(1u, 10'000'000u));
  crash->add_option("--json", crash_line->json, "write the result as JSON (- is standard output)");
  auto* out = crash->add_option("--out", crash_line->out,
                                "directory to put samples of the images into, for `run --nvdimm`");
  crash->add_option("--samples", crash_line->samples, "how many of them")
      ->check(CLI::Range(1u, 1000u))
      ->needs(out);
  crash->callback([=, &action] { action = [crash_line] { return execute_crash(*crash_line); }; });
}

}  // namespace bioscope::cli
