// SPDX-License-Identifier: GPL-2.0-only
#include "harness/oracle/oracle.h"

#include <algorithm>
#include <array>

#include "harness/oracle/oracles.h"
#include "harness/oracle/proven.h"

namespace bioscope::oracle {
namespace {

using std::string_view;

constexpr std::array<string_view, 10> kLifePrograms{
    "bio_alloc",   "bio_init",   "bio_reset", "bio_clone", "bio_chain",
    "block_split", "bio_submit", "bio_endio", "bio_put",   "bio_free"};
constexpr std::array<string_view, 11> kClonePrograms{
    "bio_alloc",  "bio_init",  "bio_reset", "bio_clone", "bio_chain", "block_split",
    "bio_submit", "bio_endio", "bio_put",   "bio_free",  "dm_map"};
constexpr std::array<string_view, 13> kErrorPrograms{
    "bio_alloc",      "bio_init",  "bio_reset", "bio_chain", "block_split",
    "bio_submit",     "bio_endio", "bio_done",  "bio_free",  "dm_clone_endio",
    "dm_io_complete", "dm_map",    "dm_remap"};
constexpr std::array<string_view, 6> kPoolPrograms{"bio_alloc",  "bio_reset", "bio_put",
                                                   "bio_submit", "bio_free",  "bioset_exit"};
constexpr std::array<string_view, 9> kRemapPrograms{"bio_alloc",  "bio_init",  "bio_clone",
                                                    "bio_submit", "bio_endio", "bio_free",
                                                    "dm_map",     "dm_remap",  "bio_reset"};
constexpr std::array<string_view, 4> kIdlePrograms{"dm_io_complete", "dm_map", "dm_resume",
                                                   "dm_suspended"};
constexpr std::array<string_view, 12> kDurablePrograms{
    "bio_alloc", "bio_init", "bio_reset", "bio_clone",      "bio_submit",   "bio_endio",
    "bio_free",  "dm_map",   "dm_remap",  "dm_io_complete", "dm_suspended", "dm_resume"};
constexpr std::array<string_view, 2> kSplitPrograms{"bio_split", "block_split"};
constexpr std::array<string_view, 3> kCloningPrograms{"bio_alloc", "bio_clone", "bio_free"};
constexpr std::array<string_view, 4> kMapPrograms{"bio_alloc", "bio_submit", "bio_endio", "dm_map"};
constexpr std::array<string_view, 3> kSuspendPrograms{"bio_alloc", "bio_submit", "bio_endio"};
constexpr std::array<string_view, 1> kCloneEndioPrograms{"dm_clone_endio"};
constexpr std::array<string_view, 5> kFlushPrograms{"bio_alloc", "bio_clone", "bio_submit",
                                                    "dm_clone_endio", "dm_map"};
constexpr std::array<string_view, 1> kEndioPrograms{"bio_endio"};
constexpr std::array<string_view, 2> kPartPrograms{"dm_map", "dm_clone_endio"};
constexpr std::array<string_view, 1> kPollPrograms{"dm_polled"};
constexpr std::array<string_view, 2> kPoolExitPrograms{"bio_alloc", "bioset_exit"};
constexpr std::array<string_view, 1> kIoCompletePrograms{"dm_io_complete"};
constexpr std::array<string_view, 1> kRewindPrograms{"dm_io_rewind"};
constexpr std::array<string_view, 2> kLaterPrograms{"dm_map", "dm_remap"};
constexpr std::array<string_view, 5> kTablePrograms{"bio_alloc", "bio_submit", "dm_map",
                                                    "dm_suspended", "dm_resume"};
constexpr std::array<string_view, 5> kHolderPrograms{
    "holder_link", "holder_linked", "holder_unlink", "holder_unlinked", "disk_del"};
constexpr std::array<string_view, 7> kHolderDiskPrograms{
    "holder_link", "holder_linked", "holder_unlink", "holder_unlinked",
    "disk_add",    "disk_del",      "disk_gone"};
constexpr std::array<string_view, 7> kClaimPrograms{
    "claim_aborted", "claim_begin",  "claim_by_path", "claim_drop",
    "claim_dropped", "claim_opened", "claim_tried"};
constexpr std::array<string_view, 11> kHolderClaimPrograms{
    "claim_aborted", "claim_begin",   "claim_by_path",  "claim_drop",
    "claim_dropped", "claim_opened",  "claim_tried",    "holder_link",
    "holder_linked", "holder_unlink", "holder_unlinked"};
constexpr std::array<string_view, 13> kChargePrograms{
    "bio_alloc",    "bio_init",   "bio_reset",     "bio_clone",   "bio_submit",
    "bio_endio",    "bio_free",   "bio_charge",    "blkg_create", "bio_associate",
    "cgroup_rmdir", "css_online", "css_killed_ref"};
constexpr std::array<string_view, 9> kSourcePrograms{
    "bio_alloc", "bio_init",   "bio_reset",    "bio_submit",        "bio_endio",
    "bio_free",  "blkg_alloc", "blkg_release", "bio_associate_from"};
constexpr std::array<string_view, 8> kBlkgPrograms{
    "blkg_alloc",       "blkg_create", "blkg_destroy",  "blkg_release",
    "blkg_release_rcu", "blkg_free",   "bio_associate", "bio_charge"};
constexpr std::array<string_view, 9> kCssPrograms{"css_online",  "cgroup_rmdir", "css_killed_ref",
                                                  "css_offline", "css_release",  "css_release_work",
                                                  "css_free",    "bio_charge",   "bio_associate"};
constexpr std::array<string_view, 2> kRootPrograms{"blkg_create", "blkg_destroy"};
constexpr std::array<string_view, 3> kChargedPrograms{"bio_charge", "bio_alloc", "bio_submit"};
constexpr std::array<string_view, 5> kGonePrograms{"bio_charge", "bio_endio", "css_online",
                                                   "cgroup_rmdir", "css_killed_ref"};
constexpr std::array<string_view, 3> kFreedPrograms{"bio_charge", "css_online", "css_free"};
constexpr std::array<string_view, 1> kAssociatePrograms{"bio_associate"};
constexpr std::array<string_view, 2> kThrottlePrograms{"bio_submit", "bio_charge"};
constexpr std::array<string_view, 3> kPolicyPrograms{"blkcg_policy_on", "blkcg_policy_off",
                                                     "blkg_destroy"};
constexpr std::array<string_view, 1> kRamdiskIoPrograms{"brd_io"};
constexpr std::array<string_view, 1> kStoredPrograms{"brd_stored"};
constexpr std::array<string_view, 4> kTakenPrograms{"brd_io", "brd_stored", "page_given_back",
                                                    "page_taken"};
constexpr std::array<string_view, 2> kWritebackPrograms{"writeback_begin", "writeback_end"};
constexpr std::array<string_view, 1> kInvalidatePrograms{"cache_invalidate"};
constexpr std::array<string_view, 1> kTruncatePrograms{"cache_truncate"};
constexpr std::array<string_view, 2> kUnloadPrograms{"page_freed", "disk_gone"};

constexpr std::array<string_view, 9> kBttPrograms{
    "btt_arena", "btt_arenas_freed", "btt_log",    "lane_released", "lane_taken",
    "nsio_got",  "nsio_read",        "nsio_write", "nsio_wrote"};
constexpr std::array<string_view, 12> kBttFlushPrograms{
    "btt_arena",  "btt_arenas_freed", "btt_log",      "lane_released",
    "lane_taken", "nsio_got",         "nsio_read",    "nsio_write",
    "nsio_wrote", "nvdimm_copied",    "nvdimm_flush", "nvdimm_flushed"};
constexpr std::array<string_view, 11> kBttClearPrograms{
    "btt_arena",  "btt_arenas_freed", "btt_clear", "btt_cleared", "btt_log",   "lane_released",
    "lane_taken", "nsio_got",         "nsio_read", "nsio_write",  "nsio_wrote"};
constexpr std::array<string_view, 6> kBttLifePrograms{
    "btt_arena", "btt_arenas_freed", "btt_submit", "btt_submitted", "disk_add", "disk_gone"};
constexpr std::array<string_view, 7> kNdClaimPrograms{
    "btt_arenas_freed", "btt_attached", "nd_adding", "nd_btt_gone",
    "nd_claim",         "nd_register",  "nd_unclaim"};
constexpr std::array<string_view, 7> kNdAddPrograms{"nd_added",       "nd_adding", "nd_bound",
                                                    "nd_register",    "nd_unbind", "nd_synchronize",
                                                    "nd_synchronized"};
constexpr std::array<string_view, 3> kPagePrograms{"page_ended", "rw_page", "rw_page_done"};
constexpr std::array<string_view, 3> kLanePrograms{"lane_released", "lane_taken", "lane_wanted"};
constexpr std::array<string_view, 2> kAttachPrograms{"btt_attached", "btt_detach"};
constexpr std::array<string_view, 3> kDetachPrograms{"btt_detach", "btt_submit", "btt_submitted"};
constexpr std::array<string_view, 1> kNdClaimProgram{"nd_claim"};
constexpr std::array<string_view, 4> kNdRemovePrograms{"nd_added", "nd_register", "nd_unbind",
                                                       "nd_unregister"};

// As written; all_oracles() knows which of them are proven.
const auto kWritten = std::to_array<OracleInfo>({
    {.name = "association_of_live_source",
     .letter = "D10",
     .invariant = "who takes over the cgroup of another bio takes it from one that has not "
                  "completed, and whose blkg is referenced",
     .programs = kSourcePrograms,
     .make = make_association_of_live_source},
    {.name = "bio_completes",
     .letter = "D8",
     .invariant = "every submitted bio completes",
     .programs = kLifePrograms,
     .make = make_bio_completes},
    {.name = "bio_lifetime",
     .letter = "D1",
     .invariant = "nothing happens to a bio after it was freed, and its memory is handed out only "
                  "after that",
     .programs = kLifePrograms,
     .make = make_bio_lifetime},
    {.name = "blkg_life_in_order",
     .letter = "D11",
     .invariant = "a blkg is made, destroyed, released and freed, each once and in this order, and "
                  "no bio has it once it is released",
     .programs = kBlkgPrograms,
     .make = make_blkg_life_in_order},
    {.name = "block_has_one_place",
     .letter = "C2",
     .invariant = "each block of a translation table belongs to one LBA or is free at one lane, "
                  "and a write trades the two",
     .programs = kBttPrograms,
     .make = make_block_has_one_place},
    {.name = "block_not_written_while_read",
     .letter = "C4",
     .invariant =
         "a block that somebody reads is not written, although it may have become free meanwhile",
     .programs = kBttPrograms,
     .make = make_block_not_written_while_read},
    {.name = "btt_io_within_life",
     .letter = "C9",
     .invariant = "the arenas of a table are freed when its disk is gone and no bio is inside, and "
                  "no bio comes afterwards",
     .programs = kBttLifePrograms,
     .make = make_btt_io_within_life},
    {.name = "btt_written_in_order",
     .letter = "C3",
     .invariant = "a sector is written as data, what is kept beside it, both halves of the log "
                  "entry, the map; in this order",
     .programs = kBttPrograms,
     .make = make_btt_written_in_order},
    {.name = "cache_follows_device",
     .letter = "B3",
     .invariant = "what was written, zeroed or discarded past the page cache is what a later "
                  "buffered read gets",
     .programs = {},
     .make = make_cache_follows_device},
    {.name = "charged_to_submitter",
     .letter = "D9",
     .invariant = "a bio is charged on its own queue, and what goes down for another bio to the "
                  "cgroup of that one",
     .programs = kChargePrograms,
     .make = make_charged_to_submitter},
    {.name = "claims_add_up",
     .letter = "A7",
     .invariant = "a disk counts its own claims and those of its partitions, and every claim is "
                  "granted or refused",
     .programs = kClaimPrograms,
     .make = make_claims_add_up},
    {.name = "cleared_block_is_free",
     .letter = "C7",
     .invariant = "a block is zeroed to clear an error only while it is free and nobody takes it",
     .programs = kBttClearPrograms,
     .make = make_cleared_block_is_free},
    {.name = "clone_before_master",
     .letter = "D2",
     .invariant = "a clone is out of flight, and put by dm, before its master completes",
     .programs = kClonePrograms,
     .make = make_clone_before_master},
    {.name = "completes_once",
     .letter = "D3",
     .invariant = "a submitted bio completes exactly once",
     .programs = kLifePrograms,
     .make = make_completes_once},
    {.name = "console_clean",
     .letter = "-",
     .invariant = "the kernel reports no fault of its own on the console",
     .programs = {},
     .make = nullptr},
    {.name = "css_life_in_order",
     .letter = "D12",
     .invariant = "a css of the io controller is killed, released and freed, each once and in this "
                  "order, and no removed group is left",
     .programs = kCssPrograms,
     .make = make_css_life_in_order},
    {.name = "error_reaches_master",
     .letter = "D5",
     .invariant = "what got an error from below does not end well, unless its target saw to it",
     .programs = kErrorPrograms,
     .make = make_error_reaches_master},
    {.name = "failed_link_stays_unlinked",
     .letter = "A6",
     .invariant = "who fails to link a slave does not unlink it",
     .programs = kHolderPrograms,
     .make = make_failed_link_stays_unlinked},
    {.name = "flush_covers_writes",
     .letter = "D14",
     .invariant = "when dm says that a flush is done, each disk that the device had written to has "
                  "been flushed since",
     .programs = kDurablePrograms,
     .make = make_flush_covers_writes},
    {.name = "flush_reaches_device",
     .letter = "B2",
     .invariant = "what was written through the page cache of a ramdisk has reached it when "
                  "BLKFLSBUF or fdatasync returns",
     .programs = kRamdiskIoPrograms,
     .make = make_flush_reaches_device},
    {.name = "fua_goes_down",
     .letter = "D15",
     .invariant = "a write that is to be on the medium when it completes goes down from dm as one",
     .programs = kDurablePrograms,
     .make = make_fua_goes_down},
    {.name = "holder_balance",
     .letter = "A1",
     .invariant = "a holder is unlinked as often as it was linked, by the kernel's count too, and "
                  "before it is removed",
     .programs = kHolderPrograms,
     .make = make_holder_balance},
    {.name = "holder_calls_return",
     .letter = "A5",
     .invariant = "linking and unlinking a slave returns",
     .programs = kHolderPrograms,
     .make = make_holder_calls_return},
    {.name = "holder_within_claim",
     .letter = "A2",
     .invariant = "a slave is claimed before it is linked and until it is unlinked",
     .programs = kHolderClaimPrograms,
     .make = make_holder_within_claim},
    {.name = "lane_held_alone",
     .letter = "C1",
     .invariant =
         "a lane is held by one task at a time, and its blocks and its log are written under it",
     .programs = kBttClearPrograms,
     .make = make_lane_held_alone},
    {.name = "map_changed_alone",
     .letter = "C6",
     .invariant = "from reading the entry that it replaces to writing its own, a writer is alone "
                  "with that part of the map",
     .programs = kBttPrograms,
     .make = make_map_changed_alone},
    {.name = "namespace_claims_match",
     .letter = "C8",
     .invariant = "a namespace is claimed by one device at a time, whose table is attached only "
                  "under that claim",
     .programs = kNdClaimPrograms,
     .make = make_namespace_claims_match},
    {.name = "nd_registrations_end",
     .letter = "C8",
     .invariant = "a device that libnvdimm is to add later is added, once, and who waits for that "
                  "waits long enough",
     .programs = kNdAddPrograms,
     .make = make_nd_registrations_end},
    {.name = "one_root_blkg",
     .letter = "D13",
     .invariant = "a queue has one root blkg at a time",
     .programs = kRootPrograms,
     .make = make_one_root_blkg},
    {.name = "pool_empty_at_exit",
     .letter = "D6",
     .invariant = "when a bioset is torn down, no bio that came from it is alive",
     .programs = kPoolPrograms,
     .make = make_pool_empty_at_exit},
    {.name = "ramdisk_pages_add_up",
     .letter = "B4",
     .invariant = "a ramdisk has a page for each that was written to, and frees them all when it "
                  "goes",
     .programs = {},
     .make = make_ramdisk_pages_add_up},
    {.name = "reads_see_latest_write",
     .letter = "B1",
     .invariant = "a sector that is read is what the last write left, or one that the read "
                  "overlaps",
     .programs = {},
     .make = make_reads_see_latest_write},
    {.name = "rejected_page_is_freed",
     .letter = "B4",
     .invariant = "a page that is taken for a ramdisk is in it afterwards, or freed",
     .programs = kTakenPrograms,
     .make = make_rejected_page_is_freed},
    {.name = "remap_of_live_master",
     .letter = "D4",
     .invariant = "what goes down for a dm clone descends from it, and takes its cgroup from the "
                  "clone's own master, still in flight",
     .programs = kRemapPrograms,
     .make = make_remap_of_live_master},
    {.name = "rw_page_ends_once",
     .letter = "C10",
     .invariant =
         "a page that is taken without a bio is ended once if that went well, else not at all",
     .programs = kPagePrograms,
     .make = make_rw_page_ends_once},
    {.name = "slave_alive_when_linked",
     .letter = "A3",
     .invariant = "a slave that is being removed is not linked any more",
     .programs = kHolderDiskPrograms,
     .make = make_slave_alive_when_linked},
    {.name = "step_durable_before_next",
     .letter = "C3",
     .invariant = "what a table writes has left the cache and is flushed before its next step",
     .programs = kBttFlushPrograms,
     .make = make_step_durable_before_next},
    {.name = "suspended_is_idle",
     .letter = "D7",
     .invariant = "a suspended mapped device has no dm_io in flight and takes none until it is "
                  "resumed",
     .programs = kIdlePrograms,
     .make = make_suspended_is_idle},
    {.name = "sysfs_shows_holders",
     .letter = "A4",
     .invariant = "sysfs shows the links of holders and slaves in both directions, and no others",
     .programs = kHolderDiskPrograms,
     .make = make_sysfs_shows_holders},
    {.name = "writeback_ends_once",
     .letter = "B5",
     .invariant = "a page that is set under writeback ends it, once",
     .programs = kWritebackPrograms,
     .make = make_writeback_ends_once},
});

const auto kOracles = [] {
  auto oracles = kWritten;
  for (OracleInfo& info : oracles)
    info.proven = std::ranges::find(kProven, info.name) != kProven.end();
  return oracles;
}();

const auto kWitnesses = std::to_array<WitnessInfo>({
    {"bio_failed", "a bio completed with an error", kEndioPrograms, make_bio_failed},
    {"bio_split", "a bio was cut in two", kSplitPrograms, make_bio_split_seen},
    {"charged_by_another_task",
     "a task other than the submitter sent a bio down, charged to the submitter's group",
     kChargedPrograms, make_charged_by_another_task},
    {"charged_to_group", "what went down for a bio of a group was charged to that group",
     kChargedPrograms, make_charged_to_group},
    {"clone_of_clone", "a clone was cloned again", kCloningPrograms, make_clone_of_clone},
    {"disk_bound_again", "a queue got a root blkg after its first was destroyed", kRootPrograms,
     make_disk_bound_again},
    {"discard_sent", "a discard went down from dm", kDurablePrograms, make_discard_sent},
    {"zeroes_sent", "a write of zeroes without data went down from dm", kDurablePrograms,
     make_zeroes_sent},
    {"bio_given_up", "a bio that is no clone was allocated and freed, and never submitted",
     kLifePrograms, make_bio_given_up},
    {"disks_flushed", "dm ended a flush for which it had flushed two disks or more",
     kDurablePrograms, make_disks_flushed},
    {"dm_clone_completed", "a clone came back through dm's completion", kCloneEndioPrograms,
     make_dm_clone_completed},
    {"flush_then_data", "dm sent a master's preflush and then its data", kFlushPrograms,
     make_flush_then_data},
    {"fua_sent", "a write with FUA went down from dm with it", kDurablePrograms, make_fua_sent},
    {"group_flushed", "a flush without data of a group went down through a stacked device",
     kChargedPrograms, make_group_flushed},
    {"group_freed", "the css of a group that bios had been charged to was freed", kFreedPrograms,
     make_group_freed},
    {"group_gone_in_flight",
     "a group was removed, or lost the io controller, while a bio charged to it was in flight",
     kGonePrograms, make_group_gone_in_flight},
    {"moved_in_flight",
     "a task's bio was charged to another group than its bio before, still in flight",
     kChargedPrograms, make_moved_in_flight},
    {"overlap_on_two_cpus",
     "masters submitted on two CPUs were in flight on one mapped device at the same time",
     kMapPrograms, make_overlap_on_two_cpus},
    {"part_failed", "of one master's clones one failed and one did not", kPartPrograms,
     make_part_failed},
    {"policy_switched",
     "a policy of the io controller was set and taken away, and a blkg destroyed in between",
     kPolicyPrograms, make_policy_switched},
    {"polled", "a submitter's poll completed a bio of dm", kPollPrograms, make_polled},
    {"pool_emptied", "a bioset that bios had come from was torn down", kPoolExitPrograms,
     make_pool_emptied},
    {"pushed_back", "a target pushed a bio back to dm", kIoCompletePrograms, make_pushed_back},
    {"rest_pushed_back", "a pushed-back part of a split bio got a bio of its own", kRewindPrograms,
     make_rest_pushed_back},
    {"sent_later", "a target kept a clone and sent it, or a bio for it, from another task",
     kLaterPrograms, make_sent_later},
    {"spilled_to_ancestor", "a bio of a dying group was charged to a group above it",
     kAssociatePrograms, make_spilled_to_ancestor},
    {"suspend_with_io", "a bio was submitted to a suspended device and completed later",
     kSuspendPrograms, make_suspend_with_io},
    {"throttled", "a bio of a group was held back and went on in another task", kThrottlePrograms,
     make_throttled},
    {"waited_for_table",
     "a bio was submitted before a device was resumed and went to a target of its next table",
     kTablePrograms, make_waited_for_table},
    {"written_back", "a worker wrote back what a group had dirtied, charged to the group",
     kChargedPrograms, make_written_back},
    {"claim_aborted", "a claim was given up before its device was opened", kClaimPrograms,
     make_claim_aborted},
    {"claim_refused", "a claim was refused: somebody else had the device", kClaimPrograms,
     make_claim_refused},
    {"holders_shown", "sysfs was looked at while a pair was linked and nothing changed",
     kHolderDiskPrograms, make_holders_shown},
    {"link_failed", "linking a slave failed", kHolderPrograms, make_link_failed},
    {"linked_again", "a pair that had no link left was linked once more", kHolderPrograms,
     make_linked_again},
    {"linked_twice", "a pair was linked at least twice at a time", kHolderPrograms,
     make_linked_twice},
    {"partition_claimed", "a partition was claimed", kClaimPrograms, make_partition_claimed},
    {"slave_pulled_out", "a slave was removed while its holder lived", kHolderDiskPrograms,
     make_slave_pulled_out},
    {"slave_shared", "one slave had two holders at a time", kHolderPrograms, make_slave_shared},
    {"buffers_flushed", "BLKFLSBUF wrote something back to a ramdisk", kRamdiskIoPrograms,
     make_buffers_flushed},
    {"cache_dropped", "the page cache of a block device was dropped while it held something",
     kInvalidatePrograms, make_cache_dropped},
    {"cache_passed_by",
     "sectors in the page cache were changed past it and read through it again",
     {},
     make_cache_passed_by},
    {"cache_refilled",
     "what had been written through the page cache of a ramdisk was read from the ramdisk again",
     kRamdiskIoPrograms, make_cache_refilled},
    {"cache_truncated", "a range of a block device's page cache was thrown away", kTruncatePrograms,
     make_cache_truncated},
    {"discard_beside_write",
     "a discard and a write of one page overlapped",
     {},
     make_discard_beside_write},
    {"flush_beside_write",
     "BLKFLSBUF and a write to its disk overlapped",
     {},
     make_flush_beside_write},
    {"write_beside_write", "two writes to one page overlapped", {}, make_write_beside_write},
    {"page_swapped_out", "a page of anonymous memory was written to swap", kWritebackPrograms,
     make_page_swapped_out},
    {"page_written_back", "a page of a disk or a file was written back", kWritebackPrograms,
     make_page_written_back},
    {"ramdisk_unloaded", "a ramdisk that had pages was taken out with its module", kUnloadPrograms,
     make_ramdisk_unloaded},
    {"read_beside_write",
     "a read and a write of one sector overlapped",
     {},
     make_read_beside_write},
    {"sector_content", "a read of written sectors got what it had to", {}, make_sector_content},
    {"store_failed", "a ramdisk could not store what it was given", kStoredPrograms,
     make_store_failed},
    {"page_rejected", "a page that was taken for a ramdisk was freed, as another was there by then",
     kTakenPrograms, make_page_rejected},
    {"lane_waited", "a task waited for a lane that another one held", kLanePrograms,
     make_lane_waited},
    {"writers_overlap",
     "two tasks wrote sectors of one table under different lanes at the same time", kBttPrograms,
     make_writers_overlap},
    {"waited_for_reader", "a writer let another task read a block to its end before it wrote it",
     kBttPrograms, make_waited_for_reader},
    {"freed_under_reader", "the block that a task was reading lost its LBA to a writer",
     kBttPrograms, make_freed_under_reader},
    {"table_attached_again", "a namespace got a table again after one had been detached",
     kAttachPrograms, make_table_attached_again},
    {"detached_under_io", "a table began to be detached while a bio was inside", kDetachPrograms,
     make_detached_under_io},
    {"namespace_refused", "a namespace was refused to a device because another one claimed it",
     kNdClaimProgram, make_namespace_refused},
    {"block_cleared", "a free block was zeroed to clear an error of the medium", kBttClearPrograms,
     make_block_cleared},
    {"error_entry_refused", "a reader met an entry of the map that says error, and read nothing",
     kBttPrograms, make_error_entry_refused},
    {"map_repaired", "attaching a table, a write that was in the log was put into the map",
     kBttPrograms, make_map_repaired},
    {"removed_while_added", "devices began to be taken away while one of them waited to be added",
     kNdRemovePrograms, make_removed_while_added},
    {"pages_without_bios", "pages were read without a bio", kPagePrograms, make_pages_without_bios},
    {"regions_overlap", "lanes of two regions were held at the same time", kLanePrograms,
     make_regions_overlap},
});

template <class Table>
auto find_in(const Table& table, string_view name) -> decltype(&table.front()) {
  const auto found = std::ranges::find(table, name, [](const auto& info) { return info.name; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace

void Oracle::report(Finding finding) {
  if (findings_.size() < kMostFindings) findings_.push_back(std::move(finding));
}

std::span<const OracleInfo> all_oracles() { return kOracles; }
std::span<const WitnessInfo> all_witnesses() { return kWitnesses; }
const OracleInfo* find_oracle(string_view name) { return find_in(kOracles, name); }
const WitnessInfo* find_witness(string_view name) { return find_in(kWitnesses, name); }

}  // namespace bioscope::oracle
