// SPDX-License-Identifier: GPL-2.0-only
// Tape: records written by hand, in order, as a probe would have written them. Each call appends
// one record and returns the tape; cpu() and at() set what the next records carry. Tests only.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <bioscope/event.h>

namespace bioscope::testing {

class Tape {
 public:
  // A record with its payload, as bytes that a bsc_record* may point to.
  using Bytes = std::vector<std::uint64_t>;

  Tape& cpu(std::uint16_t cpu) { return cpu_ = cpu, *this; }
  Tape& tid(std::uint32_t tid) { return tid_ = tid, *this; }
  Tape& task(std::string_view name) { return task_ = name, *this; }
  Tape& at(std::uint64_t ns) { return time_ = ns, *this; }  // time of the next record
  Tape& lose(std::uint32_t records = 1);  // sequence numbers taken and never written

  Tape& mark(bsc_mark_kind kind, std::uint64_t arg = 0, std::string_view label = {});
  Tape& alloc(std::uint64_t bio, std::uint64_t bioset = 0xb5);
  Tape& init(std::uint64_t bio);
  Tape& reset(std::uint64_t bio);
  Tape& clone(std::uint64_t clone, std::uint64_t source);
  Tape& chain(std::uint64_t bio, std::uint64_t parent);
  Tape& split(std::uint64_t bio, std::uint64_t split);
  // dm passes the rest of `bio` on as the same bio.
  Tape& rest(std::uint64_t bio, std::uint64_t sector = 8);
  Tape& submit(std::uint64_t bio, std::uint32_t dev = 0xfd00000, std::uint32_t opf = 0,
               std::uint32_t size = 4096);
  struct Endio {
    std::uint32_t status = 0;
    std::int32_t remaining = 0;  // not 0: BIO_CHAIN is set
    std::uint64_t end_io = 0xe0;
    std::uint64_t private_data = 0;
    std::uint32_t flags = 0;  // more of them
  };
  Tape& endio(std::uint64_t bio) { return endio(bio, Endio{}); }
  Tape& endio(std::uint64_t bio, const Endio& how);
  Tape& put(std::uint64_t bio, std::int32_t refs = 1, std::uint32_t flags = 0);
  Tape& free(std::uint64_t bio);
  Tape& done(std::uint64_t bio, const Endio& how);
  Tape& exit(std::uint64_t bioset);
  Tape& map(std::uint64_t clone, std::uint64_t master, std::uint32_t size = 4096,
            std::uint32_t tio_flags = 1, std::uint64_t target = 0x70);
  Tape& map_of(std::uint32_t dev, std::uint64_t clone, std::uint64_t master,
               std::uint32_t size = 4096);  // by another mapped device
  Tape& clone_endio(std::uint64_t clone, std::uint64_t master, std::uint32_t status = 0);
  // The dm_io of `clone`, as map() names it.
  Tape& io_complete(std::uint64_t clone, std::uint64_t master, std::uint32_t status = 0,
                    bool first_stage = false);
  Tape& rewind(std::uint64_t master, std::uint64_t parent);
  Tape& remap(std::uint64_t clone, std::uint64_t sent, std::uint64_t master);
  Tape& suspended(std::int32_t result = 0);  // the device that map() names
  Tape& resume();
  Tape& polled(std::uint64_t bio);
  Tape& fault(std::uint32_t entry, bsc_fault_step step, std::uint64_t waited);  // ns

  // Holders. Device numbers follow from the addresses: dev_of().
  static std::uint32_t dev_of(std::uint64_t address) {
    return static_cast<std::uint32_t>(0x700 | (address >> 12 & 0xff));
  }
  struct Linking {
    std::int32_t refs = 0;
    std::uint64_t claimer = 0xc1;
    std::uint32_t flags = BSC_HOLDER_SLAVE_LIVE | BSC_HOLDER_DIR;
    std::uint64_t whole = 0;  // 0: the slave itself
  };
  Tape& link(std::uint64_t bdev, std::uint64_t disk) { return link(bdev, disk, Linking{}); }
  Tape& link(std::uint64_t bdev, std::uint64_t disk, const Linking& how);
  Tape& linked(std::uint64_t bdev, std::uint64_t disk, std::int32_t refs = 1,
               std::int32_t result = 0);
  Tape& unlink(std::uint64_t bdev, std::uint64_t disk, std::int32_t refs = 1);
  Tape& unlinked(std::uint64_t bdev, std::uint64_t disk, std::int32_t refs = 0);
  // One of the events CLAIM_BEGIN to CLAIM_DROPPED.
  struct Claim {
    std::int32_t holders = 0;
    std::int32_t whole_holders = 0;
    std::uint64_t whole = 0;  // 0: the device itself
    std::uint64_t claiming = 0;
    std::int32_t result = 0;
    std::uint64_t claimer = 0xc1;
  };
  Tape& claim(bsc_event_type step, std::uint64_t bdev) { return claim(step, bdev, Claim{}); }
  Tape& claim(bsc_event_type step, std::uint64_t bdev, const Claim& how);
  Tape& by_path(std::uint64_t bdev);
  // One of DISK_ADD, DISK_DEL and DISK_GONE.
  Tape& disk(bsc_event_type step, std::uint64_t disk, std::uint64_t bdev);

  // Cgroups. A css at an address and its blkg on a queue; root: it has no parent.
  struct Charge {
    std::uint64_t css = 0xc550;
    std::uint64_t blkg = 0xb1c0;
    std::uint64_t queue = 0xc0;
    std::uint64_t blkg_queue = 0xc0;
    std::uint32_t flags = BSC_CSS_ONLINE;
    std::uint32_t size = 4096;
  };
  Tape& charge(std::uint64_t bio) { return charge(bio, Charge{}); }
  Tape& charge(std::uint64_t bio, const Charge& how);
  Tape& associate(std::uint64_t bio, std::uint64_t asked, std::uint32_t asked_flags,
                  std::uint64_t css, std::uint64_t blkg = 0xb1c0);
  Tape& associate_from(std::uint64_t bio, std::uint64_t source, std::uint64_t blkg = 0xb1c0);
  Tape& blkg_alloc(std::uint64_t blkg);  // 0: it failed
  struct Creation {
    std::uint64_t css = 0xc550;
    std::uint64_t parent_css = 0xc55f;
    std::uint64_t root = 0xb100;  // the queue's, then
    std::int32_t result = 0;
  };
  Tape& blkg_create(std::uint64_t blkg) { return blkg_create(blkg, Creation{}); }
  Tape& blkg_create(std::uint64_t blkg, const Creation& how);
  Tape& blkg_destroy(std::uint64_t blkg, bool listed = true);
  // One of BLKG_RELEASE, BLKG_RELEASE_RCU and BLKG_FREE.
  Tape& blkg(bsc_event_type stage, std::uint64_t blkg);
  Tape& css_online(std::uint64_t css, std::uint64_t parent = 0xc55f);
  Tape& rmdir(std::uint64_t css);
  // One of CSS_KILLED_REF to CSS_FREE.
  Tape& css(bsc_event_type stage, std::uint64_t css);
  Tape& groups(std::uint32_t descendants, std::uint32_t dying);
  Tape& policy(bool on);

  // A workload's calls and the ramdisk below them: whole payloads, since any member may matter.
  Tape& io(const bsc_event_io_call& event);
  Tape& io(const bsc_event_io_return& event);
  Tape& io(const bsc_event_io_seen& event);
  Tape& brd(const bsc_event_brd_io& event);
  Tape& brd(const bsc_event_brd_stored& event);
  Tape& stack();  // as it stands in front of a record
  Tape& page_taken(std::uint64_t page);
  Tape& page_freed(std::uint64_t page, std::uint32_t order = 0);
  // WRITEBACK_BEGIN or WRITEBACK_END.
  Tape& writeback(bsc_event_type step, std::uint64_t folio);

  // Translation tables, all of one namespace with one arena: 16 blocks of 4096 bytes that keep 64
  // beside them, 12 LBAs and 4 lanes.
  static constexpr std::uint64_t kNdns = 0xdd00, kArena = 0xda00, kHandle = 0xdb00;
  static constexpr std::uint64_t kData = 8192, kMap = kData + 16 * 4160, kLog = kMap + 4096,
                                 kInfo2 = kLog + 4096;
  Tape& arena();
  // One of NSIO_READ to NSIO_WROTE.
  Tape& bytes(bsc_event_type step, std::uint64_t offset, std::uint32_t size, std::uint64_t word = 0,
              std::int32_t result = 0);
  // LANE_TAKEN or LANE_RELEASED, and LANE_WANTED.
  Tape& lane(bsc_event_type step, std::uint32_t lane, std::uint64_t region = 0xd0);
  // Up to 64 bytes of a write; each is byte_at() its place.
  Tape& line(std::uint64_t offset, std::uint32_t size);
  static std::uint8_t byte_at(std::uint64_t offset) {
    return static_cast<std::uint8_t>(offset * 7 + (offset >> 8));
  }
  Tape& past_cache(std::uint64_t address, std::uint64_t size);
  Tape& nvdimm_flush(std::uint64_t region);
  Tape& nvdimm_flushed(std::uint64_t region, std::int32_t result = 0);
  Tape& lane_wanted(std::uint64_t region = 0xd0);
  struct Log {
    std::uint32_t lane = 0;
    std::uint32_t slot = 0;
    std::uint32_t lba = 0;
    std::uint32_t old_block = 0;
    std::uint32_t new_block = 0;
    std::uint32_t sequence = 2;
    std::uint32_t flags = BSC_BTT_LOCKED;
  };
  Tape& log(const Log& entry);
  Tape& clear(std::uint32_t lane, std::uint32_t block);
  Tape& cleared(std::uint32_t lane);
  // BTT_SUBMIT or BTT_SUBMITTED.
  Tape& table_bio(bsc_event_type step, std::uint64_t bio, std::uint64_t disk);
  // BTT_ATTACHED, BTT_DETACH or BTT_ARENAS_FREED.
  Tape& table(bsc_event_type step, std::uint64_t disk, std::uint64_t claim = kHandle);
  // One of ND_REGISTER, ND_ADDING, ND_UNREGISTER, ND_BOUND and ND_UNBIND.
  Tape& nd(bsc_event_type step, std::uint64_t device, std::uint64_t parent = 0xd0);
  // One of ND_ADDED, ND_BTT_GONE, ND_SYNCHRONIZE and ND_SYNCHRONIZED.
  Tape& nd_end(bsc_event_type step, std::uint64_t device = 0);
  // ND_CLAIM or ND_UNCLAIM of the namespace, which names `claim` then.
  Tape& nd_claim(bsc_event_type step, std::uint64_t device, std::uint64_t claim,
                 std::int32_t result = 1);
  // RW_PAGE, RW_PAGE_DONE or PAGE_ENDED.
  Tape& page(bsc_event_type step, std::uint64_t page, std::int32_t result = 0, bool write = true);

  const std::vector<Bytes>& records() const { return records_; }
  static const bsc_record& record(const Bytes& bytes) {
    return *reinterpret_cast<const bsc_record*>(bytes.data());
  }
  // All records one after the other, as the agent would send them.
  std::string bytes() const;
  std::uint64_t last_order() const { return order_; }
  std::uint64_t lost() const { return lost_; }
  // Sequence numbers taken per CPU.
  std::vector<std::uint64_t> taken() const { return taken_; }

 private:
  template <class Event>
  Tape& add(std::uint32_t type, const Event& event);

  std::vector<Bytes> records_;
  std::vector<std::uint64_t> taken_ = std::vector<std::uint64_t>(4);
  std::uint64_t order_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t time_ = 1'000'000'000;
  std::uint16_t cpu_ = 0;
  std::uint32_t tid_ = 100;
  std::string task_ = "tape";
};

}  // namespace bioscope::testing
