// SPDX-License-Identifier: GPL-2.0-only
#include "harness/testing/tape.h"

#include <algorithm>

#include "harness/base/check.h"

namespace bioscope::testing {
namespace {

constexpr std::uint64_t kMd = 0xd0;
constexpr std::uint32_t kDev = 0xfd00000;

}  // namespace

template <class Event>
Tape& Tape::add(std::uint32_t type, const Event& event) {
  BSC_CHECK(cpu_ < taken_.size());
  bsc_record record{};
  record.time = time_;
  record.type = type;
  record.seq = static_cast<std::uint32_t>(++taken_[cpu_]);
  record.order = ++order_;
  record.tid = tid_;
  record.tgid = tid_;
  record.cpu = cpu_;
  record.stack = BSC_STACK_NONE;
  std::memcpy(record.comm, task_.data(), std::min(task_.size(), sizeof(record.comm) - 1));
  Bytes bytes((sizeof(record) + sizeof(event)) / 8);
  std::memcpy(bytes.data(), &record, sizeof(record));
  std::memcpy(bytes.data() + sizeof(record) / 8, &event, sizeof(event));
  records_.push_back(std::move(bytes));
  time_ += 1000;
  return *this;
}

Tape& Tape::lose(std::uint32_t records) {
  taken_[cpu_] += records;
  lost_ += records;
  return *this;
}

Tape& Tape::mark(bsc_mark_kind kind, std::uint64_t arg, std::string_view label) {
  bsc_event_mark event{};
  event.kind = kind;
  event.arg = arg;
  std::memcpy(event.label, label.data(), std::min(label.size(), sizeof(event.label) - 1));
  return add(BSC_EVENT_MARK, event);
}

Tape& Tape::alloc(std::uint64_t bio, std::uint64_t bioset) {
  return add(BSC_EVENT_BIO_ALLOC, bsc_event_bio_alloc{bio, bioset, 0, 0});
}

Tape& Tape::init(std::uint64_t bio) {
  return add(BSC_EVENT_BIO_INIT, bsc_event_bio_init{bio, 0, 0});
}

Tape& Tape::reset(std::uint64_t bio) {
  return add(BSC_EVENT_BIO_RESET, bsc_event_bio_reset{bio, 0, 0});
}

Tape& Tape::clone(std::uint64_t clone, std::uint64_t source) {
  return add(BSC_EVENT_BIO_CLONE, bsc_event_bio_clone{clone, source, 0, 4096, 0});
}

Tape& Tape::chain(std::uint64_t bio, std::uint64_t parent) {
  return add(BSC_EVENT_BIO_CHAIN, bsc_event_bio_chain{bio, parent});
}

Tape& Tape::split(std::uint64_t bio, std::uint64_t split) {
  return add(BSC_EVENT_BIO_SPLIT, bsc_event_bio_split{bio, split, 8});
}

Tape& Tape::rest(std::uint64_t bio, std::uint64_t sector) {
  return add(BSC_EVENT_BLOCK_SPLIT, bsc_event_block_split{bio, sector, sector, 0, 4096});
}

Tape& Tape::submit(std::uint64_t bio, std::uint32_t dev, std::uint32_t opf, std::uint32_t size) {
  return add(BSC_EVENT_BIO_SUBMIT, bsc_event_bio_submit{bio, 0, 0xe0, 0, dev, size, opf, 0});
}

Tape& Tape::endio(std::uint64_t bio, const Endio& how) {
  const std::uint32_t flags =
      how.flags | (how.remaining != 0 ? std::uint32_t{BSC_ENDIO_CHAIN} : 0u);
  return add(BSC_EVENT_BIO_ENDIO,
             bsc_event_bio_endio{bio, how.end_io, how.private_data, 0, 0, how.status,
                                 how.remaining != 0 ? how.remaining : 1, flags});
}

Tape& Tape::put(std::uint64_t bio, std::int32_t refs, std::uint32_t flags) {
  return add(BSC_EVENT_BIO_PUT, bsc_event_bio_put{bio, refs, flags});
}

Tape& Tape::free(std::uint64_t bio) {
  return add(BSC_EVENT_BIO_FREE, bsc_event_bio_free{bio, 0xb5});
}

Tape& Tape::map(std::uint64_t clone, std::uint64_t master, std::uint32_t size,
                std::uint32_t tio_flags, std::uint64_t target) {
  return add(BSC_EVENT_DM_MAP, bsc_event_dm_map{.clone = clone,
                                                .master = master,
                                                .io = clone + 0x1000,
                                                .md = kMd,
                                                .target = target,
                                                .sector = 0,
                                                .size = size,
                                                .dev = kDev,
                                                .tio_flags = tio_flags,
                                                .io_count = 2});
}

Tape& Tape::map_of(std::uint32_t dev, std::uint64_t clone, std::uint64_t master,
                   std::uint32_t size) {
  return add(BSC_EVENT_DM_MAP, bsc_event_dm_map{.clone = clone,
                                                .master = master,
                                                .io = clone + 0x1000,
                                                .md = kMd + dev,
                                                .target = 0x70,
                                                .sector = 0,
                                                .size = size,
                                                .dev = dev,
                                                .tio_flags = 1,
                                                .io_count = 2});
}

Tape& Tape::done(std::uint64_t bio, const Endio& how) {
  return add(BSC_EVENT_BIO_DONE, bsc_event_bio_done{bio, how.private_data, how.status, how.flags});
}

Tape& Tape::exit(std::uint64_t bioset) {
  return add(BSC_EVENT_BIOSET_EXIT, bsc_event_bioset_exit{bioset});
}

Tape& Tape::clone_endio(std::uint64_t clone, std::uint64_t master, std::uint32_t status) {
  return add(BSC_EVENT_DM_CLONE_ENDIO,
             bsc_event_dm_clone_endio{clone, master, clone + 0x1000, status, 1});
}

Tape& Tape::io_complete(std::uint64_t clone, std::uint64_t master, std::uint32_t status,
                        bool first_stage) {
  return add(BSC_EVENT_DM_IO_COMPLETE,
             bsc_event_dm_io_complete{clone + 0x1000, master, kMd, status, first_stage ? 1u : 0u});
}

Tape& Tape::remap(std::uint64_t clone, std::uint64_t sent, std::uint64_t master) {
  return add(BSC_EVENT_DM_REMAP, bsc_event_dm_remap{clone, sent, master, clone + 0x1000});
}

Tape& Tape::suspended(std::int32_t result) {
  return add(BSC_EVENT_DM_SUSPENDED, bsc_event_dm_suspended{kMd, kDev, 0, result, 0});
}

Tape& Tape::resume() { return add(BSC_EVENT_DM_RESUME, bsc_event_dm_resume{kMd, kDev, 0}); }

Tape& Tape::polled(std::uint64_t bio) { return add(BSC_EVENT_DM_POLLED, bsc_event_dm_polled{bio}); }

Tape& Tape::charge(std::uint64_t bio, const Charge& how) {
  return add(BSC_EVENT_BIO_CHARGE, bsc_event_bio_charge{bio, how.blkg, how.css, how.blkg_queue,
                                                        how.queue, kDev, how.size, 0, how.flags});
}

Tape& Tape::associate(std::uint64_t bio, std::uint64_t asked, std::uint32_t asked_flags,
                      std::uint64_t css, std::uint64_t blkg) {
  return add(BSC_EVENT_BIO_ASSOCIATE,
             bsc_event_bio_associate{bio, asked, blkg, css, 0xc0, asked_flags, BSC_CSS_ONLINE});
}

Tape& Tape::associate_from(std::uint64_t bio, std::uint64_t source, std::uint64_t blkg) {
  return add(BSC_EVENT_BIO_ASSOCIATE_FROM, bsc_event_bio_associate_from{bio, source, blkg, 0xc550});
}

Tape& Tape::blkg_alloc(std::uint64_t blkg) {
  return add(BSC_EVENT_BLKG_ALLOC, bsc_event_blkg_alloc{blkg, 0xc550, 0xc0});
}

Tape& Tape::blkg_create(std::uint64_t blkg, const Creation& how) {
  return add(BSC_EVENT_BLKG_CREATE, bsc_event_blkg_create{blkg, how.css, 0xc0, 0, how.root,
                                                          how.parent_css, kDev, how.result});
}

Tape& Tape::blkg_destroy(std::uint64_t blkg, bool listed) {
  return add(BSC_EVENT_BLKG_DESTROY,
             bsc_event_blkg_destroy{blkg, 0xc550, 0xc0, listed ? 1u : 0u, 0});
}

Tape& Tape::blkg(bsc_event_type stage, std::uint64_t blkg) {
  if (stage == BSC_EVENT_BLKG_FREE) return add(stage, bsc_event_blkg_free{blkg});
  return add(stage, bsc_event_blkg_release{blkg, 0xc550, 0xc0});
}

Tape& Tape::css_online(std::uint64_t css, std::uint64_t parent) {
  return add(BSC_EVENT_CSS_ONLINE, bsc_event_css_online{css, parent, css + 8, "group"});
}

Tape& Tape::rmdir(std::uint64_t css) {
  return add(BSC_EVENT_CGROUP_RMDIR, bsc_event_cgroup_rmdir{css + 8, css, "group"});
}

Tape& Tape::css(bsc_event_type stage, std::uint64_t css) {
  return add(stage, bsc_event_css_release{css});
}

Tape& Tape::groups(std::uint32_t descendants, std::uint32_t dying) {
  return add(BSC_EVENT_SNAPSHOT_CGROUP, bsc_event_snapshot_cgroup{descendants, dying, {}});
}

Tape& Tape::policy(bool on) {
  if (on) return add(BSC_EVENT_BLKCG_POLICY_ON, bsc_event_blkcg_policy_on{3, 0});
  return add(BSC_EVENT_BLKCG_POLICY_OFF, bsc_event_blkcg_policy_off{3, 0});
}

Tape& Tape::io(const bsc_event_io_call& event) { return add(BSC_EVENT_IO_CALL, event); }
Tape& Tape::io(const bsc_event_io_return& event) { return add(BSC_EVENT_IO_RETURN, event); }
Tape& Tape::io(const bsc_event_io_seen& event) { return add(BSC_EVENT_IO_SEEN, event); }
Tape& Tape::brd(const bsc_event_brd_io& event) { return add(BSC_EVENT_BRD_IO, event); }
Tape& Tape::brd(const bsc_event_brd_stored& event) { return add(BSC_EVENT_BRD_STORED, event); }

Tape& Tape::stack() { return add(BSC_EVENT_STACK, bsc_event_stack{}); }

Tape& Tape::page_taken(std::uint64_t page) {
  return add(BSC_EVENT_PAGE_TAKEN, bsc_event_page_taken{page, 0, 0});
}

Tape& Tape::page_freed(std::uint64_t page, std::uint32_t order) {
  return add(BSC_EVENT_PAGE_FREED, bsc_event_page_freed{page, order, 0});
}

Tape& Tape::writeback(bsc_event_type step, std::uint64_t folio) {
  return add(step, bsc_event_writeback_begin{folio, 0x3a00, 7, 0x100, 0});
}

Tape& Tape::fault(std::uint32_t entry, bsc_fault_step step, std::uint64_t waited) {
  return add(BSC_EVENT_FAULT, bsc_event_fault{entry, step, 0, 1, waited});
}

Tape& Tape::rewind(std::uint64_t master, std::uint64_t parent) {
  return add(BSC_EVENT_DM_IO_REWIND, bsc_event_dm_io_rewind{0x10, master, parent});
}

Tape& Tape::link(std::uint64_t bdev, std::uint64_t disk, const Linking& how) {
  const auto whole = how.whole != 0 ? how.whole : bdev;
  return add(BSC_EVENT_HOLDER_LINK,
             bsc_event_holder_link{bdev, whole, disk, how.claimer, dev_of(bdev), dev_of(disk),
                                   how.refs, how.flags});
}

Tape& Tape::linked(std::uint64_t bdev, std::uint64_t disk, std::int32_t refs, std::int32_t result) {
  return add(BSC_EVENT_HOLDER_LINKED,
             bsc_event_holder_linked{bdev, disk, dev_of(bdev), dev_of(disk), refs, result});
}

Tape& Tape::unlink(std::uint64_t bdev, std::uint64_t disk, std::int32_t refs) {
  return add(BSC_EVENT_HOLDER_UNLINK,
             bsc_event_holder_unlink{bdev, bdev, disk, 0xc1, dev_of(bdev), dev_of(disk), refs,
                                     BSC_HOLDER_SLAVE_LIVE | BSC_HOLDER_DIR});
}

Tape& Tape::unlinked(std::uint64_t bdev, std::uint64_t disk, std::int32_t refs) {
  return add(BSC_EVENT_HOLDER_UNLINKED,
             bsc_event_holder_unlinked{bdev, disk, dev_of(bdev), dev_of(disk), refs, 0});
}

Tape& Tape::claim(bsc_event_type step, std::uint64_t bdev, const Claim& how) {
  const auto whole = how.whole != 0 ? how.whole : bdev;
  return add(step, bsc_event_claim_begin{bdev, whole, how.claimer, how.claiming, dev_of(bdev),
                                         how.holders, how.whole_holders, how.result});
}

Tape& Tape::by_path(std::uint64_t bdev) {
  return add(BSC_EVENT_CLAIM_BY_PATH, bsc_event_claim_by_path{bdev, 0xc1});
}

Tape& Tape::disk(bsc_event_type step, std::uint64_t disk, std::uint64_t bdev) {
  return add(step, bsc_event_disk_add{disk, bdev, dev_of(disk), 0, {}});
}

Tape& Tape::arena() {
  return add(BSC_EVENT_BTT_ARENA,
             bsc_event_btt_arena{kArena, kNdns, kHandle, 4096, kData, kMap, kLog, kInfo2, 16, 4160,
                                 12, 4160, 4, 4096, 1, 0});
}

Tape& Tape::bytes(bsc_event_type step, std::uint64_t offset, std::uint32_t size, std::uint64_t word,
                  std::int32_t result) {
  if (step == BSC_EVENT_NSIO_READ || step == BSC_EVENT_NSIO_WRITE)
    return add(step, bsc_event_nsio_read{kNdns, offset, word, size, 1});
  return add(step, bsc_event_nsio_got{kNdns, offset, word, size, result});
}

Tape& Tape::lane(bsc_event_type step, std::uint32_t lane, std::uint64_t region) {
  return add(step, bsc_event_lane_taken{region, lane, 0});
}

Tape& Tape::line(std::uint64_t offset, std::uint32_t size) {
  bsc_event_nsio_line event{};
  event.ndns = kNdns;
  event.offset = offset;
  event.size = size;
  auto* bytes = reinterpret_cast<std::uint8_t*>(&event.word0);
  for (std::uint32_t i = 0; i < size; ++i) bytes[i] = byte_at(offset + i);
  return add(BSC_EVENT_NSIO_LINE, event);
}

Tape& Tape::past_cache(std::uint64_t address, std::uint64_t size) {
  return add(BSC_EVENT_NVDIMM_PAST_CACHE, bsc_event_nvdimm_past_cache{address, size});
}

Tape& Tape::nvdimm_flush(std::uint64_t region) {
  return add(BSC_EVENT_NVDIMM_FLUSH, bsc_event_nvdimm_flush{region});
}

Tape& Tape::nvdimm_flushed(std::uint64_t region, std::int32_t result) {
  return add(BSC_EVENT_NVDIMM_FLUSHED, bsc_event_nvdimm_flushed{region, result, 0});
}

Tape& Tape::lane_wanted(std::uint64_t region) {
  return add(BSC_EVENT_LANE_WANTED, bsc_event_lane_wanted{region});
}

Tape& Tape::log(const Log& entry) {
  constexpr std::uint32_t kNormal = 0xc0000000;
  return add(BSC_EVENT_BTT_LOG,
             bsc_event_btt_log{kArena, entry.lane, entry.slot, entry.lba, entry.old_block | kNormal,
                               entry.new_block, entry.sequence, entry.flags, 0});
}

Tape& Tape::clear(std::uint32_t lane, std::uint32_t block) {
  return add(BSC_EVENT_BTT_CLEAR, bsc_event_btt_clear{kArena, lane, block, 1, 0});
}

Tape& Tape::cleared(std::uint32_t lane) {
  return add(BSC_EVENT_BTT_CLEARED, bsc_event_btt_cleared{kArena, lane, 0});
}

Tape& Tape::table_bio(bsc_event_type step, std::uint64_t bio, std::uint64_t disk) {
  return add(step, bsc_event_btt_submit{bio, step == BSC_EVENT_BTT_SUBMIT ? disk : 0});
}

Tape& Tape::table(bsc_event_type step, std::uint64_t disk, std::uint64_t claim) {
  return add(step, bsc_event_btt_attached{kHandle, 0xbb, kNdns, claim, disk, 0, 0});
}

Tape& Tape::nd(bsc_event_type step, std::uint64_t device, std::uint64_t parent) {
  return add(step, bsc_event_nd_register{device, parent, 0, 0, "btt0.0"});
}

Tape& Tape::nd_end(bsc_event_type step, std::uint64_t device) {
  return add(step, bsc_event_nd_added{device});
}

Tape& Tape::nd_claim(bsc_event_type step, std::uint64_t device, std::uint64_t claim,
                     std::int32_t result) {
  return add(step, bsc_event_nd_claim{device, kNdns, claim, result, 0, "namespace0.0"});
}

Tape& Tape::page(bsc_event_type step, std::uint64_t page, std::int32_t result, bool write) {
  return add(step, bsc_event_rw_page{page, write ? 1U : 0U, result});
}

std::string Tape::bytes() const {
  std::string all;
  for (const Bytes& record : records_)
    all.append(reinterpret_cast<const char*>(record.data()), record.size() * 8);
  return all;
}

}  // namespace bioscope::testing
