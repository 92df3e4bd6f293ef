// SPDX-License-Identifier: GPL-2.0-only
// bioscope nvdimm crash RUN: makes the images that a power cut could have left, and checks each;
// and boots the kernel on samples of them, to see whether it takes them as the check does.
#include <unistd.h>

#include <memory>
#include <optional>

#include "harness/base/file.h"
#include "harness/cli/host_options.h"
#include "harness/cli/nvdimm.h"
#include "harness/cli/place.h"
#include "harness/cli/ticker.h"
#include "harness/evidence/account.h"
#include "harness/evidence/run_directory.h"
#include "harness/evidence/trace_reader.h"
#include "harness/evidence/trial.h"
#include "harness/nvdimm/attached.h"
#include "harness/nvdimm/crash_record.h"

namespace bioscope::cli {
namespace {

using nlohmann::json;

struct CrashLine {
  std::string run{};
  unsigned trial = 0;
  nvdimm::CrashOptions options{};
  std::string out{};
  unsigned samples = 0;
  bool boot = false;
  HostOptions host{};
};

// What reads a table that is there when the machine starts.
constexpr std::string_view kLookedAtBy = "btt/as_it_was_left";

struct CrashEvidence {
  std::vector<std::uint8_t> base{};
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
    for (const auto& each : image.found) found.push_back(inconsistency_to_json(each));
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

struct Sample {
  std::size_t number = 0;  // of all images
  std::uint64_t order = 0;
  std::size_t in_flight = 0;
  std::size_t lacks = 0;
  std::filesystem::path file{};
};

// Images for a kernel to attach, evenly taken from all.
Result<std::vector<Sample>> write_samples(const CrashLine& line, const CrashEvidence& evidence,
                                          std::size_t images) {
  std::error_code code;
  std::filesystem::create_directories(line.out, code);
  if (code) return usage_error("cannot make {}: {}", line.out, code.message());
  std::vector<Sample> samples;
  std::size_t number = 0;
  Status failed;
  const auto visit = [&](const nvdimm::CrashImage& image) {
    const std::size_t at = number++;
    if (at * line.samples / images < samples.size()) return true;
    const Sample sample{
        .number = at,
        .order = image.order,
        .in_flight = image.in_flight,
        .lacks = image.lacks.size(),
        .file = std::filesystem::path(line.out) / fmt::format("image-{}", samples.size())};
    std::vector<std::uint8_t> bytes(image.bytes.size());
    failed = image.bytes.read(0, bytes);
    if (failed)
      failed = write_file(sample.file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    samples.push_back(sample);
    return failed.has_value() && samples.size() < line.samples;
  };
  BSC_TRY(
      nvdimm::for_each_crash_image(evidence.base, evidence.stores.history, line.options, visit));
  BSC_TRY(failed);
  return samples;
}

// ---- on a kernel ----

// What a kernel made of a sample, beside what the check says of it.
struct Booted {
  Sample sample{};
  bool broken = false;
  verdict::Verdict verdict{};
  std::vector<std::string> reasons{};
  std::vector<std::string> differs{};  // the table that it left from the one that was foreseen
  std::string directory{};

  // A kernel checks less as it attaches, and to whoever does not know what was acknowledged a
  // sector that is older is whole: of a broken image it may see nothing.
  bool agrees() const { return differs.empty() && (verdict == verdict::Verdict::kPass || broken); }
};

json booted_to_json(const Booted& booted) {
  return {{"image", booted.sample.file.string()},
          {"number", booted.sample.number},
          {"before_record", booted.sample.order},
          {"in_flight", booted.sample.in_flight},
          {"lacks", booted.sample.lacks},
          {"broken", booted.broken},
          {"verdict", verdict::name(booted.verdict)},
          {"reasons", booted.reasons},
          {"differs", booted.differs},
          {"agrees", booted.agrees()},
          {"directory", booted.directory}};
}

void print_booted(const run::Options& options, const std::vector<Booted>& all) {
  fmt::print("\non {}:\n", options.kernel.release);
  for (const Booted& booted : all) {
    const Sample& sample = booted.sample;
    fmt::print(
        "{}: before record {}, lacks {} of {} stores in flight; the check: {}; the kernel: {}\n",
        sample.file.string(), sample.order, sample.lacks, sample.in_flight,
        booted.broken ? "broken" : "sound", verdict::name(booted.verdict));
    for (const std::string& reason : booted.reasons) fmt::print("  {}\n", reason);
    for (const std::string& what : booted.differs) fmt::print("  {}\n", what);
    if (!booted.agrees()) fmt::print("  they do not agree: {}\n", booted.directory);
  }
}

// The file keeps what the kernel leaves, so it is put back afterwards.
Result<Booted> boot_sample(const Sample& sample, bool broken, const run::ScenarioInfo& scenario,
                           run::Options options, run::Observer& observer, const Context& context) {
  BSC_TRY_ASSIGN(const auto found, read_all(sample.file));
  options.nvdimm = sample.file;
  BSC_TRY_ASSIGN(const auto outcome, run::run({scenario}, options, observer, context.interrupted));
  if (outcome.stopped) return std::unexpected(*outcome.stopped);
  if (outcome.runs.empty() || outcome.runs[0].trials.empty()) return host_error("interrupted");
  const auto& trial = outcome.runs[0].trials.back();
  Booted booted{.sample = sample,
                .broken = broken,
                .verdict = trial.verdict,
                .reasons = trial.reasons,
                .directory = outcome.runs[0].directory};
  if (!broken) {
    BSC_TRY_ASSIGN(const auto left, nvdimm::open_bytes(sample.file));
    BSC_TRY_ASSIGN(booted.differs,
                   nvdimm::differs_from_foreseen(nvdimm::MemoryBytes(found), *left));
  }
  BSC_TRY(write_file(sample.file, {reinterpret_cast<const char*>(found.data()), found.size()}));
  return booted;
}

// On the kernel that made the record, unless another is asked for.
Result<std::vector<Booted>> boot_samples(const CrashLine& line, const std::vector<Sample>& samples,
                                         const nvdimm::CrashReport& report,
                                         const Context& context) {
  BSC_TRY_ASSIGN(const auto run, evidence::RunDirectory::open(line.run));
  BSC_TRY_ASSIGN(const auto manifest, manifest());
  BSC_TRY_ASSIGN(const auto scenarios, manifest.select({std::string(kLookedAtBy)}));
  HostOptions host = line.host;
  if (host.kernel.empty()) host.kernel = run.info().kernel_spec;
  BSC_TRY_ASSIGN(const auto options, host.prepare(context));
  Ticker ticker;
  std::vector<Booted> all;
  for (const Sample& sample : samples) {
    ticker.at(sample.file.filename().string());
    BSC_TRY_ASSIGN(all.emplace_back(), boot_sample(sample, report.is_broken[sample.number],
                                                   scenarios.front(), options, ticker, context));
  }
  ticker.clear();
  if (line.host.json != "-") print_booted(options, all);
  return all;
}

Result<int> execute_crash(const CrashLine& line, const Context& context) {
  BSC_TRY_ASSIGN(const auto evidence, read_crash(line));
  BSC_TRY_ASSIGN(const auto report,
                 within(line.run, nvdimm::check_crash_images(evidence.base, evidence.stores.history,
                                                             line.options)));
  if (line.host.json != "-") print_crash(evidence, report);
  std::vector<Booted> booted;
  if (!line.out.empty()) {
    BSC_TRY_ASSIGN(const auto samples, write_samples(line, evidence, report.count.images));
    if (line.boot) {
      BSC_TRY_ASSIGN(booted, boot_samples(line, samples, report, context));
    }
  }
  if (!line.host.json.empty()) {
    json object = crash_to_json(line, evidence, report);
    if (line.boot) {
      object["booted"] = json::array();
      for (const Booted& each : booted) object["booted"].push_back(booted_to_json(each));
    }
    const std::string text = object.dump(2) + "\n";
    BSC_TRY(line.host.json == "-" ? write_all(STDOUT_FILENO, text)
                                  : write_file(line.host.json, text));
  }
  return report.broken == 0 && std::ranges::all_of(booted, &Booted::agrees) ? 0 : 1;
}

}  // namespace

void add_nvdimm_crash(CLI::App& nvdimm, const Context& context, Action& action) {
  const auto line = std::make_shared<CrashLine>();
  line->host.kernel.clear();  // that of the run
  CLI::App* crash = nvdimm.add_subcommand(
      "crash", "make the images that a power cut could have left in a run, and check each");
  crash->add_option("run", line->run, "run directory of btt/crash_images or its like")->required();
  crash->add_option("--trial", line->trial, "its number (0)");
  crash->add_option("--seed", line->options.seed, "of what is chosen by chance (1)");
  crash->add_option("--most", line->options.most, "images, at most (1000)")
      ->check(CLI::Range(1u, 10'000'000u));
  crash->add_option("--json", line->host.json, "write the result as JSON (- is standard output)");
  auto* out = crash->add_option("--out", line->out,
                                "directory to put samples of the images into, for `run --nvdimm`");
  crash->add_option("--samples", line->samples, "how many of them")
      ->check(CLI::Range(1u, 1000u))
      ->needs(out);
  crash
      ->add_flag("--boot", line->boot,
                 "attach the samples on a kernel, and hold what it makes of them against the check")
      ->needs("--samples");
  crash->add_option("--kernel", line->host.kernel, "for --boot; else that of the run");
  crash->add_option("--accel", line->host.accelerator, "auto | kvm | tcg")->capture_default_str();
  crash->add_option("--results", line->host.results, "directory of run directories, for --boot");
  crash->callback([=, &context, &action] {
    action = [line, &context] { return execute_crash(*line, context); };
  });
}

}  // namespace bioscope::cli
