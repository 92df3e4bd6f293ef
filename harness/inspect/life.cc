// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <map>
#include <set>

#include <fmt/ranges.h>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/evidence/account.h"
#include "harness/evidence/symbols.h"
#include "harness/evidence/trace_reader.h"
#include "harness/inspect/family.h"
#include "harness/inspect/render.h"
#include "harness/inspect/trace.h"

namespace bioscope::inspect {
namespace {

constexpr std::size_t kBar = 32;  // characters of a life's bar
constexpr std::size_t kMostMembers = 60;
constexpr std::size_t kIndent = 20;  // of what an event's line goes on with

double milliseconds(const Moment& from, const Moment& to) {
  return (static_cast<double>(to.time) - static_cast<double>(from.time)) / 1e6;
}

void print_wrapped(const std::string& head, const std::vector<std::string>& words,
                   std::size_t indent, std::size_t columns, const Print& print) {
  for (const std::string& line : wrap(head, words, indent, columns)) print(line);
}

// The members of one record's objects: a bio of the family that it names.
class Cast {
 public:
  Cast(const std::vector<Life>& lives, const std::vector<Member>& members) : lives_(lives) {
    for (const Member& member : members) by_address_[lives[member.life].address].push_back(&member);
  }

  // Names valid at `order`: an address belongs to the member that lived there then.
  Renderer::Names names(const bsc_record& record) const {
    Renderer::Names names;
    const char* payload = reinterpret_cast<const char*>(&record + 1);
    for (const evidence::Field& field : evidence::event_type(record.type)->fields) {
      if (field.base != evidence::Base::ptr) continue;
      std::uint64_t value = 0;
      std::memcpy(&value, payload + field.offset, sizeof(value));
      const auto found = by_address_.find(value);
      if (found == by_address_.end()) continue;
      for (const Member* member : found->second)
        if (lives_[member->life].covers(record.order)) names.emplace(value, member->label);
    }
    return names;
  }

 private:
  const std::vector<Life>& lives_;
  std::map<std::uint64_t, std::vector<const Member*>> by_address_;
};

// '.' alive, '=' from its submission to its completion, '-' completed and not yet freed.
std::string bar(const Life& life, std::uint64_t from, std::uint64_t to) {
  std::string text(kBar, ' ');
  const auto column = [&](const Moment& moment) {
    const auto span = std::max<std::uint64_t>(to - from, 1);
    const auto at = moment.time <= from ? 0 : moment.time - from;
    return std::min<std::size_t>(kBar - 1, at * (kBar - 1) / span);
  };
  const std::size_t begin = column(life.born);
  const std::size_t end = life.freed ? column(life.freed) : kBar - 1;
  for (std::size_t i = begin; i <= end; ++i) text[i] = '.';
  if (life.submitted) {
    const std::size_t last = life.completed ? column(life.completed) : end;
    for (std::size_t i = column(life.submitted); i <= last; ++i) text[i] = '=';
    if (life.completed)
      for (std::size_t i = last + 1; i <= end; ++i) text[i] = '-';
  }
  if (life.completed) text[column(life.completed)] = '|';
  if (life.freed) text[end] = 'x';
  return text;
}

std::string moments(const Life& life) {
  std::string text = fmt::format("born {}", life.born.order);
  if (life.submitted) text += fmt::format(", submitted {}", life.submitted.order);
  if (life.completed) {
    const auto status = evidence::status_name(life.status);
    text += fmt::format(", completed {} ({})", life.completed.order,
                        status.empty() ? fmt::to_string(life.status) : std::string(status));
  }
  if (life.freed) text += fmt::format(", freed {}", life.freed.order);
  const Moment& last = life.freed ? life.freed : life.completed ? life.completed : life.submitted;
  if (last) text += fmt::format("; {:.3f} ms", milliseconds(life.born, last));
  return text;
}

std::string payload_of(const Life& life, const Renderer& renderer) {
  if (!life.submitted) return "never submitted";
  return fmt::format("{} {} bytes at sector {} of {}", operation(life.opf), life.size, life.sector,
                     renderer.device(life.dev));
}

class Story {
 public:
  Story(const std::vector<Life>& lives, std::size_t root,
        const std::vector<verdict::Finding>& findings, const LifeRequest& request,
        const Print& print)
      : lives_(lives),
        root_(root),
        members_(family(lives, root)),
        request_(request),
        print_(print) {
    if (members_.size() > kMostMembers) {
      left_out_ = members_.size() - kMostMembers;
      members_.resize(kMostMembers);
    }
    for (const auto& finding : findings)
      if (finding.order != 0) findings_.emplace(finding.order, &finding);
    for (const Member& member : members_) {
      const Life& life = lives_[member.life];
      for (const Moment& moment : {life.born, life.completed, life.freed})
        end_ = std::max(end_, moment.time);
    }
  }

  void tree(const Renderer& renderer) const {
    const Life& root = lives_[root_];
    std::string head = fmt::format("bio {:#x}", root.address);
    if (root.number > 1) head += fmt::format(", life {} at this address", root.number);
    print_wrapped(head + ":", words_of(payload_of(root, renderer) + ", by " + root.task), 4,
                  request_.columns, print_);
    if (root.parent != kNobody)
      print_(fmt::format("    {} bio {:#x} (--at {})", root.relation, lives_[root.parent].address,
                         lives_[root.parent].born.order));
    print_("");
    for (const Member& member : members_) {
      const Life& life = lives_[member.life];
      print_(fmt::format("{}{:<{}} {}", std::string(2 + 2 * member.depth, ' '), member.label,
                         12 - std::min(10u, 2 * member.depth), bar(life, root.born.time, end_)));
      const std::size_t indent = 6 + 2 * member.depth;
      std::string what = moments(life);
      if (member.depth > 0)
        what = fmt::format("{} {}, bio {:#x}: {}; {}", life.relation, label_of(life.parent),
                           life.address, payload_of(life, renderer), what);
      print_wrapped(std::string(indent, ' '), words_of(what), indent, request_.columns, print_);
    }
    if (left_out_ != 0) print_(fmt::format("  and {} more that are left out", left_out_));
    print_("");
    print_("  . alive   = in flight   | completed   - completed, not freed   x freed");
    print_("");
  }

  void event(const bsc_record& record, const Renderer& renderer, const Cast& cast) const {
    const auto names = cast.names(record);
    const auto finding = findings_.find(record.order);
    const bool ours = finding != findings_.end() && touches(*finding->second);
    if (names.empty() && !ours) return;
    const Moment now{record.order, record.time};
    const std::string head = fmt::format("{:>8} {:>8.3f} {:>3} {:<16}", record.order,
                                         milliseconds(lives_[root_].born, now),
                                         Renderer::processor(record), Renderer::task(record));
    auto what = renderer.fields(record, names);
    if (request_.columns != 0)
      std::erase_if(what, [](const std::string& field) { return field.ends_with("=0x0"); });
    what.insert(what.begin(), fmt::format("{:<14}", evidence::event_name(record)));
    print_wrapped(head, what, kIndent, request_.columns, print_);
    const bool decisive = ours || request_.stacks || ends_root(record.order);
    for (auto [at, last] = findings_.equal_range(record.order); at != last; ++at)
      if (touches(*at->second))
        print_wrapped("     >>>",
                      words_of(fmt::format("{}: {}: {}", at->second->oracle, at->second->kind,
                                           at->second->summary)),
                      9, request_.columns, print_);
    if (!decisive) return;
    const auto frames = renderer.stack(record);
    for (const std::string& frame : request_.decode ? request_.decode(frames) : frames)
      print_("             at " + frame);
  }

 private:
  bool touches(const verdict::Finding& finding) const {
    return std::ranges::any_of(members_, [&](const Member& member) {
      const Life& life = lives_[member.life];
      return life.address == finding.object && life.covers(finding.order);
    });
  }
  // What became of the bio itself.
  bool ends_root(std::uint64_t order) const {
    const Life& root = lives_[root_];
    return order == root.completed.order || order == root.freed.order;
  }
  std::string label_of(std::size_t life) const {
    const auto member = std::ranges::find(members_, life, &Member::life);
    return member == members_.end() ? fmt::format("bio {:#x}", lives_[life].address)
                                    : member->label;
  }

  const std::vector<Life>& lives_;
  std::size_t root_;
  std::vector<Member> members_;
  std::size_t left_out_ = 0;
  const LifeRequest& request_;
  const Print& print_;
  std::multimap<std::uint64_t, const verdict::Finding*> findings_;
  std::uint64_t end_ = 0;  // ns, of the last moment of the family

 public:
  const std::vector<Member>& members() const { return members_; }
};

}  // namespace

Status life(const std::filesystem::path& guest, const LifeRequest& request,
            const std::vector<verdict::Finding>& findings, const Print& print) {
  const auto account =
      evidence::read_account(read_file(guest / "control.jsonl").value_or(std::string()));
  const auto open = [&]() -> Result<evidence::TraceReader> {
    BSC_TRY_ASSIGN(auto reader,
                   within(guest.string(), evidence::TraceReader::open(guest / "trace")));
    if (account.loss) reader.ledger().report(*account.loss);
    return reader;
  };
  const evidence::Symbols symbols(read_file(guest / "kallsyms").value_or(""),
                                  read_file(guest / "modules").value_or(""));
  Renderer renderer(symbols);
  Lives lives;
  BSC_TRY_ASSIGN(auto first, open());
  while (const bsc_record* record = first.next()) {
    lives.see(*record);
    renderer.learn(*record);
  }

  std::uint64_t at = request.at;
  if (at == 0)
    for (const auto& finding : findings)
      if (at == 0 && finding.object == request.bio) at = finding.order;
  const std::size_t root = lives.find(request.bio, at);
  if (root == kNobody)
    return usage_error(
        "no bio {:#x} began to live{} in {}; `bioscope trace show RUN --bio {:#x}` shows what "
        "mentions it",
        request.bio, at == 0 ? "" : fmt::format(" before {}", at), guest.string(), request.bio);

  const Story story(lives.all(), root, findings, request, print);
  story.tree(renderer);
  const Cast cast(lives.all(), story.members());
  BSC_TRY_ASSIGN(auto second, open());
  while (const bsc_record* record = second.next())
    if (record->type != BSC_EVENT_STACK) story.event(*record, renderer, cast);
  for (const std::string& reason : second.ledger().reasons()) print("# " + reason);
  return {};
}

}  // namespace bioscope::inspect
