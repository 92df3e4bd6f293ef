// SPDX-License-Identifier: GPL-2.0-only
// Every oracle and witness there is, by the function that makes it. Each is defined in the file
// of its name; oracle.cc holds the table. For this folder only.
#pragma once

#include <fmt/format.h>

#include "harness/evidence/schema.h"
#include "harness/oracle/oracle.h"

namespace bioscope::oracle {

std::unique_ptr<Oracle> make_bio_lifetime();
std::unique_ptr<Oracle> make_completes_once();
std::unique_ptr<Oracle> make_clone_before_master();
std::unique_ptr<Oracle> make_bio_completes();
std::unique_ptr<Oracle> make_remap_of_live_master();
std::unique_ptr<Oracle> make_error_reaches_master();
std::unique_ptr<Oracle> make_pool_empty_at_exit();
std::unique_ptr<Oracle> make_suspended_is_idle();
std::unique_ptr<Oracle> make_flush_covers_writes();
std::unique_ptr<Oracle> make_fua_goes_down();
std::unique_ptr<Oracle> make_association_of_live_source();
std::unique_ptr<Oracle> make_blkg_life_in_order();
std::unique_ptr<Oracle> make_charged_to_submitter();
std::unique_ptr<Oracle> make_css_life_in_order();
std::unique_ptr<Oracle> make_one_root_blkg();
std::unique_ptr<Oracle> make_claims_add_up();
std::unique_ptr<Oracle> make_failed_link_stays_unlinked();
std::unique_ptr<Oracle> make_holder_balance();
std::unique_ptr<Oracle> make_holder_calls_return();
std::unique_ptr<Oracle> make_holder_within_claim();
std::unique_ptr<Oracle> make_slave_alive_when_linked();
std::unique_ptr<Oracle> make_sysfs_shows_holders();
std::unique_ptr<Oracle> make_cache_follows_device();
std::unique_ptr<Oracle> make_flush_reaches_device();
std::unique_ptr<Oracle> make_ramdisk_pages_add_up();
std::unique_ptr<Oracle> make_reads_see_latest_write();
std::unique_ptr<Oracle> make_writeback_ends_once();
std::unique_ptr<Oracle> make_block_has_one_place();
std::unique_ptr<Oracle> make_block_not_written_while_read();
std::unique_ptr<Oracle> make_btt_io_within_life();
std::unique_ptr<Oracle> make_btt_written_in_order();
std::unique_ptr<Oracle> make_cleared_block_is_free();
std::unique_ptr<Oracle> make_lane_held_alone();
std::unique_ptr<Oracle> make_map_changed_alone();
std::unique_ptr<Oracle> make_namespace_claims_match();
std::unique_ptr<Oracle> make_nd_registrations_end();
std::unique_ptr<Oracle> make_rw_page_ends_once();
std::unique_ptr<Oracle> make_step_durable_before_next();

std::unique_ptr<Witness> make_overlap_on_two_cpus();
std::unique_ptr<Witness> make_bio_split_seen();
std::unique_ptr<Witness> make_clone_of_clone();
std::unique_ptr<Witness> make_flush_then_data();
std::unique_ptr<Witness> make_discard_sent();
std::unique_ptr<Witness> make_disks_flushed();
std::unique_ptr<Witness> make_fua_sent();
std::unique_ptr<Witness> make_suspend_with_io();
std::unique_ptr<Witness> make_dm_clone_completed();
std::unique_ptr<Witness> make_bio_failed();
std::unique_ptr<Witness> make_part_failed();
std::unique_ptr<Witness> make_polled();
std::unique_ptr<Witness> make_pool_emptied();
std::unique_ptr<Witness> make_pushed_back();
std::unique_ptr<Witness> make_rest_pushed_back();
std::unique_ptr<Witness> make_sent_later();
std::unique_ptr<Witness> make_waited_for_table();
std::unique_ptr<Witness> make_charged_by_another_task();
std::unique_ptr<Witness> make_charged_to_group();
std::unique_ptr<Witness> make_disk_bound_again();
std::unique_ptr<Witness> make_group_flushed();
std::unique_ptr<Witness> make_group_freed();
std::unique_ptr<Witness> make_group_gone_in_flight();
std::unique_ptr<Witness> make_moved_in_flight();
std::unique_ptr<Witness> make_policy_switched();
std::unique_ptr<Witness> make_spilled_to_ancestor();
std::unique_ptr<Witness> make_throttled();
std::unique_ptr<Witness> make_written_back();
std::unique_ptr<Witness> make_claim_aborted();
std::unique_ptr<Witness> make_claim_refused();
std::unique_ptr<Witness> make_holders_shown();
std::unique_ptr<Witness> make_link_failed();
std::unique_ptr<Witness> make_linked_again();
std::unique_ptr<Witness> make_linked_twice();
std::unique_ptr<Witness> make_partition_claimed();
std::unique_ptr<Witness> make_slave_pulled_out();
std::unique_ptr<Witness> make_slave_shared();
std::unique_ptr<Witness> make_buffers_flushed();
std::unique_ptr<Witness> make_cache_dropped();
std::unique_ptr<Witness> make_cache_passed_by();
std::unique_ptr<Witness> make_cache_refilled();
std::unique_ptr<Witness> make_cache_truncated();
std::unique_ptr<Witness> make_discard_beside_write();
std::unique_ptr<Witness> make_write_beside_write();
std::unique_ptr<Witness> make_flush_beside_write();
std::unique_ptr<Witness> make_page_swapped_out();
std::unique_ptr<Witness> make_page_written_back();
std::unique_ptr<Witness> make_ramdisk_unloaded();
std::unique_ptr<Witness> make_read_beside_write();
std::unique_ptr<Witness> make_sector_content();
std::unique_ptr<Witness> make_store_failed();
std::unique_ptr<Witness> make_lane_waited();
std::unique_ptr<Witness> make_writers_overlap();
std::unique_ptr<Witness> make_waited_for_reader();
std::unique_ptr<Witness> make_freed_under_reader();
std::unique_ptr<Witness> make_table_attached_again();
std::unique_ptr<Witness> make_detached_under_io();
std::unique_ptr<Witness> make_namespace_refused();
std::unique_ptr<Witness> make_block_cleared();
std::unique_ptr<Witness> make_error_entry_refused();
std::unique_ptr<Witness> make_map_repaired();
std::unique_ptr<Witness> make_removed_while_added();
std::unique_ptr<Witness> make_pages_without_bios();
std::unique_ptr<Witness> make_regions_overlap();

}  // namespace bioscope::oracle
