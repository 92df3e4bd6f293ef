/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record ABI: what a probe writes is, byte for byte, what the trace file
 * holds. One list of events generates the structures, the numbers, the
 * names, the decoder and the CTF metadata.
 *
 * Rules: a number is never reused and a layout never changes once released
 * (a changed event gets a new number, so old traces stay readable); every
 * member is naturally aligned, payloads are multiples of 8 bytes and have no
 * padding, both asserted below in C and in C++.
 *
 * Under __VMLINUX_H__ (BPF side) this file includes nothing but limits.h.
 */
#ifndef BIOSCOPE_EVENT_H
#define BIOSCOPE_EVENT_H

#include "limits.h"

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#ifdef __cplusplus
#define BSC_STATIC_ASSERT static_assert
#else
#define BSC_STATIC_ASSERT _Static_assert
#endif

/*
 * Fields are declared as F(type, name, base):
 *   type  u32 u64 s32 text16 text32 (NUL-padded) or stack (BSC_STACK_DEPTH u64)
 *   base  dec, hex (number), ptr (kernel address of an object), sym (kernel
 *         text address), dev (as new_encode_dev makes it: what stat shows), opf (blk_opf_t),
 *         status (blk_status_t), flags (bits, see the event), str
 */
typedef __u32 bsc_u32;
typedef __u64 bsc_u64;
typedef __s32 bsc_s32;

/* Marks come from the agent and the workload, through the same ring. */
#define BSC_FIELDS_MARK(F)                                                     \
	F(u32, kind, dec) /* enum bsc_mark_kind */                             \
	F(u32, trial, dec)                                                     \
	F(u64, arg, dec)                                                       \
	F(text32, label, str)

/* A stack seen for the first time; later records name it by id. */
#define BSC_FIELDS_STACK(F)                                                    \
	F(s32, stack_id, dec)                                                  \
	F(u32, depth, dec)                                                     \
	F(stack, frames, sym)

/* A disk and its name, recorded when it appears and at quiescence. */
#define BSC_FIELDS_SNAPSHOT_DISK(F)                                            \
	F(u32, dev, dev)                                                       \
	F(u32, reserved, hex)                                                  \
	F(u64, sectors, dec)                                                   \
	F(text32, name, str)

/* fexit bio_alloc_bioset that returned a bio: a generation begins. */
#define BSC_FIELDS_BIO_ALLOC(F)                                                \
	F(u64, bio, ptr)                                                       \
	F(u64, bioset, ptr)                                                    \
	F(u32, dev, dev)                                                       \
	F(u32, opf, opf)

/* fentry bio_init: caller-owned memory becomes a bio. */
#define BSC_FIELDS_BIO_INIT(F)                                                 \
	F(u64, bio, ptr)                                                       \
	F(u32, dev, dev)                                                       \
	F(u32, opf, opf)

/* fentry bio_reset: the owner starts over with the same bio. */
#define BSC_FIELDS_BIO_RESET(F)                                                \
	F(u64, bio, ptr)                                                       \
	F(u32, dev, dev)                                                       \
	F(u32, opf, opf)

/* fexit __bio_clone that returned 0: the one funnel of all clones. */
#define BSC_FIELDS_BIO_CLONE(F)                                                \
	F(u64, clone, ptr)                                                     \
	F(u64, source, ptr)                                                    \
	F(u64, sector, dec)                                                    \
	F(u32, size, dec) /* bytes */                                          \
	F(u32, opf, opf)

/* fentry bio_chain(bio, parent): parent completes after bio. */
#define BSC_FIELDS_BIO_CHAIN(F)                                                \
	F(u64, bio, ptr)                                                       \
	F(u64, parent, ptr)

/* fexit bio_split that returned a bio; bio keeps the remainder. */
#define BSC_FIELDS_BIO_SPLIT(F)                                                \
	F(u64, bio, ptr)                                                       \
	F(u64, split, ptr)                                                     \
	F(u64, sectors, dec) /* of split */

/*
 * Tracepoint block_split: a stacked driver cut bio and takes one more
 * reference on its completion (dm, md).
 */
#define BSC_FIELDS_BLOCK_SPLIT(F)                                              \
	F(u64, bio, ptr)                                                       \
	F(u64, sector, dec)                                                    \
	F(u64, new_sector, dec)                                                \
	F(u32, dev, dev)                                                       \
	F(u32, size, dec)

/* fentry submit_bio_noacct: also remapped and resubmitted bios. */
#define BSC_FIELDS_BIO_SUBMIT(F)                                               \
	F(u64, bio, ptr)                                                       \
	F(u64, sector, dec)                                                    \
	F(u64, end_io, sym)                                                    \
	F(u64, private_data, ptr)                                              \
	F(u32, dev, dev)                                                       \
	F(u32, size, dec)                                                      \
	F(u32, opf, opf)                                                       \
	F(u32, flags, flags) /* bi_flags */

/* Tracepoint block_bio_remap. */
#define BSC_FIELDS_BIO_REMAP(F)                                                \
	F(u64, bio, ptr)                                                       \
	F(u64, sector, dec)                                                    \
	F(u64, from_sector, dec)                                               \
	F(u32, dev, dev)                                                       \
	F(u32, from_dev, dev)

/*
 * fentry bio_endio. `remaining` is __bi_remaining as read on entry; it counts
 * only if BSC_ENDIO_CHAIN is set. With BSC_ENDIO_CHAINED the bio's end_io is
 * bio_chain_endio: the kernel goes on with private_data, the parent, in the
 * same call and without another entry.
 */
#define BSC_FIELDS_BIO_ENDIO(F)                                                \
	F(u64, bio, ptr)                                                       \
	F(u64, end_io, sym)                                                    \
	F(u64, private_data, ptr)                                              \
	F(u64, sector, dec)                                                    \
	F(u32, dev, dev)                                                       \
	F(u32, status, status)                                                 \
	F(s32, remaining, dec)                                                 \
	F(u32, flags, flags) /* enum bsc_endio_flag */

/* fentry bio_put: `refs` is __bi_cnt on entry, valid with BSC_PUT_REFFED. */
#define BSC_FIELDS_BIO_PUT(F)                                                  \
	F(u64, bio, ptr)                                                       \
	F(s32, refs, dec)                                                      \
	F(u32, flags, flags) /* enum bsc_put_flag */

/* fentry bio_free: the memory goes back to its bioset. */
#define BSC_FIELDS_BIO_FREE(F)                                                 \
	F(u64, bio, ptr)                                                       \
	F(u64, bioset, ptr)

/* fentry bioset_exit: no bio may come from or go to this set any more. */
#define BSC_FIELDS_BIOSET_EXIT(F) F(u64, bioset, ptr)

/*
 * Tracepoint block_bio_complete: the one place that shows the final status
 * of a bio that its last chained child completes.
 */
#define BSC_FIELDS_BIO_DONE(F)                                                 \
	F(u64, bio, ptr)                                                       \
	F(u64, private_data, ptr)                                              \
	F(u32, status, status)                                                 \
	F(u32, flags, flags) /* enum bsc_endio_flag */

/*
 * fentry __map_bio: dm hands a clone to its target. tio_flags also carries
 * enum bsc_map_flag, above the kernel's 16 bits.
 */
#define BSC_FIELDS_DM_MAP(F)                                                   \
	F(u64, clone, ptr)                                                     \
	F(u64, master, ptr)                                                    \
	F(u64, io, ptr) /* struct dm_io */                                     \
	F(u64, md, ptr) /* struct mapped_device */                             \
	F(u64, target, ptr) /* struct dm_target */                             \
	F(u64, sector, dec)                                                    \
	F(u32, size, dec)                                                      \
	F(u32, dev, dev) /* of the mapped device */                            \
	F(u32, tio_flags, flags)                                               \
	F(s32, io_count, dec)

/* fentry clone_endio: dm's completion of a clone. */
#define BSC_FIELDS_DM_CLONE_ENDIO(F)                                           \
	F(u64, clone, ptr)                                                     \
	F(u64, master, ptr)                                                    \
	F(u64, io, ptr)                                                        \
	F(u32, status, status)                                                 \
	F(s32, io_count, dec)

/* fentry __dm_io_complete: the last reference of a dm_io went. */
#define BSC_FIELDS_DM_IO_COMPLETE(F)                                           \
	F(u64, io, ptr)                                                        \
	F(u64, master, ptr)                                                    \
	F(u64, md, ptr)                                                        \
	F(u32, status, status)                                                 \
	F(u32, first_stage, dec)

/*
 * fexit dm_io_rewind: a requeued part of `parent` got a bio of its own,
 * chained to parent; dm takes back the reference that bio_chain added.
 */
#define BSC_FIELDS_DM_IO_REWIND(F)                                             \
	F(u64, io, ptr)                                                        \
	F(u64, master, ptr) /* the new one */                                  \
	F(u64, parent, ptr)

/*
 * fentry dm_submit_bio_remap: `sent` goes down on behalf of `clone` and
 * takes its cgroup from `master`; it is the clone or a bio of the target.
 */
#define BSC_FIELDS_DM_REMAP(F)                                                 \
	F(u64, clone, ptr)                                                     \
	F(u64, sent, ptr)                                                      \
	F(u64, master, ptr)                                                    \
	F(u64, io, ptr)

/* fexit dm_suspend. `options` are dm's: 1 freezes the file system, 2 noflush. */
#define BSC_FIELDS_DM_SUSPENDED(F)                                             \
	F(u64, md, ptr)                                                        \
	F(u32, dev, dev)                                                       \
	F(u32, options, flags)                                                 \
	F(s32, result, dec)                                                    \
	F(u32, reserved, hex)

/* fentry dm_resume: from here on the device may take I/O again. */
#define BSC_FIELDS_DM_RESUME(F)                                                \
	F(u64, md, ptr)                                                        \
	F(u32, dev, dev)                                                       \
	F(u32, reserved, hex)

/* fexit dm_poll_bio that found everything done: the submitter's own poll completed `bio`. */
#define BSC_FIELDS_DM_POLLED(F) F(u64, bio, ptr)

/*
 * A planned fault at work. Whoever waits leaves an arrive and then either a
 * release or a timeout, from the same task; `waited` counts from the arrive.
 */
#define BSC_FIELDS_FAULT(F)                                                    \
	F(u32, entry, dec) /* of the plan, from 0 */                           \
	F(u32, step, dec) /* enum bsc_fault_step */                            \
	F(u64, object, ptr)                                                    \
	F(u64, hit,                                                            \
	  dec) /* which call it is that passed the filters, from 1 */          \
	F(u64, waited, dec) /* ns */

/* How many groups there are below the root, as cgroup.stat says at rest. */
#define BSC_FIELDS_SNAPSHOT_CGROUP(F)                                          \
	F(u32, descendants, dec)                                               \
	F(u32, dying, dec)                                                     \
	F(text32, name, str) /* of the group; empty: the root */

/*
 * fentry submit_bio_noacct_nocheck: past all throttling, the bio is charged
 * to what its bi_blkg names. `queue` is its disk's.
 */
#define BSC_FIELDS_BIO_CHARGE(F)                                               \
	F(u64, bio, ptr)                                                       \
	F(u64, blkg, ptr)                                                      \
	F(u64, css, ptr)                                                       \
	F(u64, blkg_queue, ptr)                                                \
	F(u64, queue, ptr)                                                     \
	F(u32, dev, dev)                                                       \
	F(u32, size, dec)                                                      \
	F(u32, opf, opf)                                                       \
	F(u32, flags, flags) /* enum bsc_css_flag, of css */

/*
 * fexit bio_associate_blkg_from_css: `asked` was wanted (0: the root's) and
 * `css` is whose blkg the bio got.
 */
#define BSC_FIELDS_BIO_ASSOCIATE(F)                                            \
	F(u64, bio, ptr)                                                       \
	F(u64, asked, ptr)                                                     \
	F(u64, blkg, ptr)                                                      \
	F(u64, css, ptr)                                                       \
	F(u64, queue, ptr)                                                     \
	F(u32, asked_flags, flags) /* enum bsc_css_flag */                     \
	F(u32, flags, flags)

/* fentry bio_clone_blkg_association: `bio` is to be charged as `source` is. */
#define BSC_FIELDS_BIO_ASSOCIATE_FROM(F)                                       \
	F(u64, bio, ptr)                                                       \
	F(u64, source, ptr)                                                    \
	F(u64, blkg, ptr) /* of source */                                      \
	F(u64, css, ptr)

/* fexit blkg_alloc that returned a blkg: a generation begins. */
#define BSC_FIELDS_BLKG_ALLOC(F)                                               \
	F(u64, blkg, ptr) /* 0: it failed */                                   \
	F(u64, css, ptr)                                                       \
	F(u64, queue, ptr)

/* fexit blkg_create: it is in the lists, or `result` says why it is not. */
#define BSC_FIELDS_BLKG_CREATE(F)                                              \
	F(u64, blkg, ptr) /* 0: it failed */                                   \
	F(u64, css, ptr)                                                       \
	F(u64, queue, ptr)                                                     \
	F(u64, parent, ptr)                                                    \
	F(u64, root, ptr) /* the queue's root_blkg at that time */             \
	F(u64, parent_css, ptr) /* 0: css is the root's */                     \
	F(u32, dev, dev)                                                       \
	F(s32, result, dec)

/* fentry blkg_destroy: out of the lists, and its reference is killed. */
#define BSC_FIELDS_BLKG_DESTROY(F)                                             \
	F(u64, blkg, ptr)                                                      \
	F(u64, css, ptr)                                                       \
	F(u64, queue, ptr)                                                     \
	F(u32, listed, dec) /* 0: it was out already, and nothing happens */   \
	F(u32, reserved, hex)

/* fentry blkg_release: the last reference went. */
#define BSC_FIELDS_BLKG_RELEASE(F)                                             \
	F(u64, blkg, ptr)                                                      \
	F(u64, css, ptr)                                                       \
	F(u64, queue, ptr)

/* fentry __blkg_release, a grace period later: its reference to css goes. */
#define BSC_FIELDS_BLKG_RELEASE_RCU(F)                                         \
	F(u64, blkg, ptr)                                                      \
	F(u64, css, ptr)                                                       \
	F(u64, queue, ptr)

/* fentry blkg_free_workfn: the memory goes. */
#define BSC_FIELDS_BLKG_FREE(F) F(u64, blkg, ptr)

/* fentry blkcg_css_online: a css of the io controller begins. */
#define BSC_FIELDS_CSS_ONLINE(F)                                               \
	F(u64, css, ptr)                                                       \
	F(u64, parent, ptr)                                                    \
	F(u64, cgroup, ptr)                                                    \
	F(text32, name, str)

/* Tracepoint cgroup_rmdir: a group is removed; css is the io controller's. */
#define BSC_FIELDS_CGROUP_RMDIR(F)                                             \
	F(u64, cgroup, ptr)                                                    \
	F(u64, css, ptr) /* 0: it has none */                                  \
	F(text32, name, str)

/* fentry css_killed_ref_fn: no CPU hands out references any more. */
#define BSC_FIELDS_CSS_KILLED_REF(F) F(u64, css, ptr)

/* fentry blkcg_css_offline, which css_killed_work_fn calls. */
#define BSC_FIELDS_CSS_OFFLINE(F) F(u64, css, ptr)

/* fentry css_release: the last reference went. */
#define BSC_FIELDS_CSS_RELEASE(F) F(u64, css, ptr)

/* fentry css_release_work_fn. */
#define BSC_FIELDS_CSS_RELEASE_WORK(F) F(u64, css, ptr)

/* fentry css_free_rwork_fn: the memory goes. */
#define BSC_FIELDS_CSS_FREE(F) F(u64, css, ptr)

/*
 * Holders: a disk (the holder) that stands on a block device (the slave).
 * fentry bd_link_disk_holder and fentry bd_unlink_disk_holder. `refs` is the
 * kernel's own count of the pair, -1 where it could not be read.
 */
#define BSC_FIELDS_HOLDER_LINK(F)                                              \
	F(u64, bdev, ptr) /* the slave */                                      \
	F(u64, whole, ptr) /* the slave's whole device */                      \
	F(u64, disk, ptr) /* struct gendisk of the holder */                   \
	F(u64, claimer, ptr) /* bd_holder of the slave */                      \
	F(u32, dev, dev) /* of the slave */                                    \
	F(u32, disk_dev, dev)                                                  \
	F(s32, refs, dec)                                                      \
	F(u32, flags, flags) /* enum bsc_holder_flag */
#define BSC_FIELDS_HOLDER_UNLINK(F) BSC_FIELDS_HOLDER_LINK(F)

/* fexit of the same two; an unlink has no result. */
#define BSC_FIELDS_HOLDER_LINKED(F)                                            \
	F(u64, bdev, ptr)                                                      \
	F(u64, disk, ptr)                                                      \
	F(u32, dev, dev)                                                       \
	F(u32, disk_dev, dev)                                                  \
	F(s32, refs, dec)                                                      \
	F(s32, result, dec)
#define BSC_FIELDS_HOLDER_UNLINKED(F) BSC_FIELDS_HOLDER_LINKED(F)

/*
 * Exclusive claims. fentry and fexit bd_prepare_to_claim (BEGIN, TRIED), fexit
 * bd_abort_claiming (ABORTED), fexit of an exclusive open that succeeded
 * (OPENED), fentry and fexit of what gives a claim back (DROP, DROPPED). The
 * values of the device were read before the record got its place in the order;
 * DROPPED has none, since the device may be gone.
 */
#define BSC_FIELDS_CLAIM_BEGIN(F)                                              \
	F(u64, bdev, ptr)                                                      \
	F(u64, whole, ptr)                                                     \
	F(u64, claimer, ptr) /* who claims it; DROP: who had it */             \
	F(u64, claiming, ptr) /* bd_claiming of the whole device */            \
	F(u32, dev, dev)                                                       \
	F(s32, holders, dec) /* bd_holders */                                  \
	F(s32, whole_holders, dec)                                             \
	F(s32, result, dec)
#define BSC_FIELDS_CLAIM_TRIED(F) BSC_FIELDS_CLAIM_BEGIN(F)
#define BSC_FIELDS_CLAIM_ABORTED(F) BSC_FIELDS_CLAIM_BEGIN(F)
#define BSC_FIELDS_CLAIM_OPENED(F) BSC_FIELDS_CLAIM_BEGIN(F)
#define BSC_FIELDS_CLAIM_DROP(F) BSC_FIELDS_CLAIM_BEGIN(F)
#define BSC_FIELDS_CLAIM_DROPPED(F) BSC_FIELDS_CLAIM_BEGIN(F)

/*
 * fexit of an exclusive open by path that succeeded. 6.1 as distributions build
 * it goes past the function that OPENED hooks when it opens by path.
 */
#define BSC_FIELDS_CLAIM_BY_PATH(F)                                            \
	F(u64, bdev, ptr)                                                      \
	F(u64, claimer, ptr)

/* fexit device_add_disk; fentry and fexit del_gendisk (DEL, GONE). */
#define BSC_FIELDS_DISK_ADD(F)                                                 \
	F(u64, disk, ptr)                                                      \
	F(u64, bdev, ptr) /* the whole disk's block device */                  \
	F(u32, dev, dev)                                                       \
	F(s32, result, dec)                                                    \
	F(text32, name, str)
#define BSC_FIELDS_DISK_DEL(F) BSC_FIELDS_DISK_ADD(F)
#define BSC_FIELDS_DISK_GONE(F) BSC_FIELDS_DISK_ADD(F)

/* fexit blkcg_activate_policy: a policy of the io controller was set on a disk. */
#define BSC_FIELDS_BLKCG_POLICY_ON(F)                                          \
	F(u32, policy, dec) /* the kernel's number of it */                    \
	F(s32, result, dec)

/* fentry blkcg_deactivate_policy. */
#define BSC_FIELDS_BLKCG_POLICY_OFF(F)                                         \
	F(u32, policy, dec)                                                    \
	F(u32, reserved, hex)

/*
 * Bytes of an NVDIMM's namespace. fentry nsio_rw_bytes (READ, WRITE): `word`
 * is what the first 8 bytes (4 if there are fewer) hold that will be written.
 */
#define BSC_FIELDS_NSIO_READ(F)                                                \
	F(u64, ndns, ptr)                                                      \
	F(u64, offset, dec) /* in the namespace */                             \
	F(u64, word, hex)                                                      \
	F(u32, size, dec)                                                      \
	F(u32, flags, flags) /* the kernel's: 1 may not sleep */
#define BSC_FIELDS_NSIO_WRITE(F) BSC_FIELDS_NSIO_READ(F)

/* fexit of the same: `word` is what was read, or written. */
#define BSC_FIELDS_NSIO_GOT(F)                                                 \
	F(u64, ndns, ptr)                                                      \
	F(u64, offset, dec)                                                    \
	F(u64, word, hex)                                                      \
	F(u32, size, dec)                                                      \
	F(s32, result, dec)
#define BSC_FIELDS_NSIO_WROTE(F) BSC_FIELDS_NSIO_GOT(F)

/*
 * fentry nsio_rw_bytes of a write, probe btt_bytes: up to 64 of its bytes, as
 * many records as it takes. Of a write of more than BSC_NSIO_MOST bytes there
 * are none.
 */
#define BSC_FIELDS_NSIO_LINE(F)                                                \
	F(u64, ndns, ptr)                                                      \
	F(u64, offset, dec) /* of these bytes, in the namespace */             \
	F(u32, size, dec) /* of the words below so many bytes count */         \
	F(u32, reserved, hex)                                                  \
	F(u64, word0, hex)                                                     \
	F(u64, word1, hex)                                                     \
	F(u64, word2, hex)                                                     \
	F(u64, word3, hex)                                                     \
	F(u64, word4, hex)                                                     \
	F(u64, word5, hex)                                                     \
	F(u64, word6, hex)                                                     \
	F(u64, word7, hex)

/*
 * fentry __memcpy_flushcache, arch_wb_cache_pmem: these bytes do not stay in
 * the cache. They are on the medium once a flush has followed.
 */
#define BSC_FIELDS_NVDIMM_PAST_CACHE(F)                                        \
	F(u64, address, ptr)                                                   \
	F(u64, size, dec)

/* fentry, fexit nvdimm_flush. */
#define BSC_FIELDS_NVDIMM_FLUSH(F) F(u64, region, ptr)
#define BSC_FIELDS_NVDIMM_FLUSHED(F)                                           \
	F(u64, region, ptr)                                                    \
	F(s32, result, dec)                                                    \
	F(u32, reserved, hex)

/* fentry and fexit nd_region_acquire_lane, fentry nd_region_release_lane. */
#define BSC_FIELDS_LANE_WANTED(F) F(u64, region, ptr)
#define BSC_FIELDS_LANE_TAKEN(F)                                               \
	F(u64, region, ptr)                                                    \
	F(u32, lane, dec)                                                      \
	F(u32, reserved, hex)
#define BSC_FIELDS_LANE_RELEASED(F) BSC_FIELDS_LANE_TAKEN(F)

/*
 * fexit btt_freelist_init: an arena of a table is known. Offsets are those of
 * NSIO_READ; `log_step` is the slot of a lane's second log entry (1 or 2).
 */
#define BSC_FIELDS_BTT_ARENA(F)                                                \
	F(u64, arena, ptr)                                                     \
	F(u64, ndns, ptr)                                                      \
	F(u64, nd_btt, ptr)                                                    \
	F(u64, info, dec)                                                      \
	F(u64, data, dec)                                                      \
	F(u64, map, dec)                                                       \
	F(u64, log, dec)                                                       \
	F(u64, info2, dec)                                                     \
	F(u32, internal_lbas, dec)                                             \
	F(u32, internal_size, dec)                                             \
	F(u32, external_lbas, dec)                                             \
	F(u32, external_size, dec)                                             \
	F(u32, lanes, dec)                                                     \
	F(u32, sector_size, dec)                                               \
	F(u32, log_step, dec)                                                  \
	F(s32, result, dec)

/* fentry __btt_log_write: old_map and new_map carry the map's flags. */
#define BSC_FIELDS_BTT_LOG(F)                                                  \
	F(u64, arena, ptr)                                                     \
	F(u32, lane, dec)                                                      \
	F(u32, slot, dec) /* 0 or 1 */                                         \
	F(u32, lba, dec)                                                       \
	F(u32, old_map, hex)                                                   \
	F(u32, new_map, hex)                                                   \
	F(u32, sequence, dec)                                                  \
	F(u32, flags, flags) /* enum bsc_btt_flag */                           \
	F(u32, reserved, hex)

/*
 * fentry arena_clear_freelist_error: `block`, free at `lane`, is zeroed if it
 * `failed`; and fexit of it.
 */
#define BSC_FIELDS_BTT_CLEAR(F)                                                \
	F(u64, arena, ptr)                                                     \
	F(u32, lane, dec)                                                      \
	F(u32, block, dec)                                                     \
	F(u32, failed, dec)                                                    \
	F(u32, reserved, hex)
#define BSC_FIELDS_BTT_CLEARED(F)                                              \
	F(u64, arena, ptr)                                                     \
	F(u32, lane, dec)                                                      \
	F(s32, result, dec)

/* fentry and fexit btt_submit_bio; SUBMITTED knows no disk. */
#define BSC_FIELDS_BTT_SUBMIT(F)                                               \
	F(u64, bio, ptr)                                                       \
	F(u64, disk, ptr)
#define BSC_FIELDS_BTT_SUBMITTED(F) BSC_FIELDS_BTT_SUBMIT(F)

/*
 * fexit nvdimm_namespace_attach_btt, fentry nvdimm_namespace_detach_btt, fentry
 * free_arenas. `claim` is the namespace's.
 */
#define BSC_FIELDS_BTT_ATTACHED(F)                                             \
	F(u64, nd_btt, ptr)                                                    \
	F(u64, btt, ptr)                                                       \
	F(u64, ndns, ptr)                                                      \
	F(u64, claim, ptr)                                                     \
	F(u64, disk, ptr)                                                      \
	F(s32, result, dec)                                                    \
	F(u32, reserved, hex)
#define BSC_FIELDS_BTT_DETACH(F) BSC_FIELDS_BTT_ATTACHED(F)
#define BSC_FIELDS_BTT_ARENAS_FREED(F) BSC_FIELDS_BTT_ATTACHED(F)

/*
 * Devices of an NVDIMM bus. fentry nd_device_register (REGISTER) and
 * nd_async_device_register (ADDING), fentry nd_device_unregister (UNREGISTER;
 * flags: 0 at once, 1 later), fexit nvdimm_bus_probe (BOUND) and fentry
 * nvdimm_bus_remove (UNBIND).
 */
#define BSC_FIELDS_ND_REGISTER(F)                                              \
	F(u64, device, ptr)                                                    \
	F(u64, parent, ptr)                                                    \
	F(u32, flags, flags)                                                   \
	F(s32, result, dec)                                                    \
	F(text32, name, str)
#define BSC_FIELDS_ND_ADDING(F) BSC_FIELDS_ND_REGISTER(F)
#define BSC_FIELDS_ND_UNREGISTER(F) BSC_FIELDS_ND_REGISTER(F)
#define BSC_FIELDS_ND_BOUND(F) BSC_FIELDS_ND_REGISTER(F)
#define BSC_FIELDS_ND_UNBIND(F) BSC_FIELDS_ND_REGISTER(F)

/*
 * fexit nd_async_device_register, fentry nd_btt_release, and fentry and fexit
 * nd_synchronize, which has no device.
 */
#define BSC_FIELDS_ND_ADDED(F) F(u64, device, ptr)
#define BSC_FIELDS_ND_BTT_GONE(F) BSC_FIELDS_ND_ADDED(F)
#define BSC_FIELDS_ND_SYNCHRONIZE(F) BSC_FIELDS_ND_ADDED(F)
#define BSC_FIELDS_ND_SYNCHRONIZED(F) BSC_FIELDS_ND_ADDED(F)

/*
 * fexit __nd_attach_ndns (CLAIM: result is 1 if the namespace was free) and
 * fentry __nd_detach_ndns. `claim` is the namespace's, `name` its name.
 */
#define BSC_FIELDS_ND_CLAIM(F)                                                 \
	F(u64, device, ptr)                                                    \
	F(u64, ndns, ptr)                                                      \
	F(u64, claim, ptr)                                                     \
	F(s32, result, dec)                                                    \
	F(u32, reserved, hex)                                                  \
	F(text32, name, str)
#define BSC_FIELDS_ND_UNCLAIM(F) BSC_FIELDS_ND_CLAIM(F)

/* fentry and fexit btt_rw_page, fentry page_endio (`result`: its error). */
#define BSC_FIELDS_RW_PAGE(F)                                                  \
	F(u64, page, ptr)                                                      \
	F(u32, write, dec)                                                     \
	F(s32, result, dec)
#define BSC_FIELDS_RW_PAGE_DONE(F) BSC_FIELDS_RW_PAGE(F)
#define BSC_FIELDS_PAGE_ENDED(F) BSC_FIELDS_RW_PAGE(F)

/*
 * A workload's own calls on a disk, written by user space around the system
 * call, through the page cache or past it. `place` is dev << 32 | page where
 * one page of the disk holds all of it, else 0, and `disk` its dev: they are
 * no addresses, but tie records to each other as addresses do.
 */
#define BSC_FIELDS_IO_CALL(F)                                                  \
	F(u64, place, ptr)                                                     \
	F(u64, disk, ptr)                                                      \
	F(u64, sector, dec)                                                    \
	F(u64, counter, dec) /* in the stamps of a write */                    \
	F(u32, call, dec)                                                      \
	F(u32, dev, dev)                                                       \
	F(u32, sectors, dec)                                                   \
	F(u32, writer, dec)                                                    \
	F(u32, op, dec) /* enum bsc_io_op */                                   \
	F(u32, flags, flags) /* enum bsc_io_flag */

/* It returned. */
#define BSC_FIELDS_IO_RETURN(F)                                                \
	F(u64, place, ptr)                                                     \
	F(u64, disk, ptr)                                                      \
	F(u32, call, dec)                                                      \
	F(u32, dev, dev)                                                       \
	F(s32, result, dec) /* 0, or a negative errno */                       \
	F(u32, op, dec)

/*
 * What a read that returned has got: a record for each run of sectors that
 * follow each other in one page and were written by the same write.
 */
#define BSC_FIELDS_IO_SEEN(F)                                                  \
	F(u64, place, ptr)                                                     \
	F(u64, disk, ptr)                                                      \
	F(u64, sector, dec)                                                    \
	F(u64, stamp_sector, dec) /* what the first stamp says: */             \
	F(u64, counter, dec)                                                   \
	F(u32, stamp_dev, dev)                                                 \
	F(u32, writer, dec)                                                    \
	F(u32, sectors, dec)                                                   \
	F(u32, state, dec) /* enum bsc_sector_state */                         \
	F(u32, call, dec)                                                      \
	F(u32, dev, dev)

/*
 * fentry brd_submit_bio and, up to 6.2, brd_rw_page. `pages` is how many the
 * ramdisk counts, read before the record got its place in the order.
 */
#define BSC_FIELDS_BRD_IO(F)                                                   \
	F(u64, brd, ptr)                                                       \
	F(u64, bio, ptr) /* or the page */                                     \
	F(u64, sector, dec)                                                    \
	F(u64, pages, dec)                                                     \
	F(u32, dev, dev)                                                       \
	F(u32, size, dec) /* bytes */                                          \
	F(u32, opf, opf)                                                       \
	F(u32, flags, flags) /* enum bsc_brd_flag */

/*
 * fexit of what puts pages in: brd_do_bvec, which has copied by then, or
 * brd_insert_page (6.12), which is about one page and copies nothing.
 */
#define BSC_FIELDS_BRD_STORED(F)                                               \
	F(u64, brd, ptr)                                                       \
	F(u64, sector, dec)                                                    \
	F(u64, pages, dec)                                                     \
	F(u32, dev, dev)                                                       \
	F(u32, size, dec)                                                      \
	F(s32, result, dec)                                                    \
	F(u32, reserved, hex)

/*
 * fexit __alloc_pages, of one page that is zeroed and may be of highmem, as a
 * ramdisk takes them; and fentry __free_pages: of one page, or of any in a
 * task that calls itself BSC_UNLOADER.
 */
#define BSC_FIELDS_PAGE_TAKEN(F)                                               \
	F(u64, page, ptr)                                                      \
	F(u32, order, dec)                                                     \
	F(u32, reserved, hex)
#define BSC_FIELDS_PAGE_FREED(F) BSC_FIELDS_PAGE_TAKEN(F)

/* fexit __folio_start_writeback and fentry folio_end_writeback. */
#define BSC_FIELDS_WRITEBACK_BEGIN(F)                                          \
	F(u64, folio, ptr)                                                     \
	F(u64, mapping, ptr) /* 0: anonymous memory */                         \
	F(u64, index, dec)                                                     \
	F(u32, dev, dev) /* the block device, or that of the file system */    \
	F(u32, reserved, hex)
#define BSC_FIELDS_WRITEBACK_END(F) BSC_FIELDS_WRITEBACK_BEGIN(F)

/*
 * fentry of what is done to the page cache of a block device as a whole:
 * sync_blockdev, invalidate_bdev, truncate_bdev_range (bytes first to last).
 */
#define BSC_FIELDS_CACHE_OP(F)                                                 \
	F(u64, bdev, ptr)                                                      \
	F(u64, pages, dec) /* that it holds */                                 \
	F(u64, first, dec)                                                     \
	F(u64, last, dec)                                                      \
	F(u32, dev, dev)                                                       \
	F(u32, op, dec) /* enum bsc_cache_op */

/* X(NAME, number, name) */
#define BSC_EVENT_LIST(X)                                                      \
	X(MARK, 1, mark)                                                       \
	X(STACK, 2, stack)                                                     \
	X(SNAPSHOT_DISK, 3, snapshot_disk)                                     \
	X(BIO_ALLOC, 16, bio_alloc)                                            \
	X(BIO_INIT, 17, bio_init)                                              \
	X(BIO_RESET, 18, bio_reset)                                            \
	X(BIO_CLONE, 19, bio_clone)                                            \
	X(BIO_CHAIN, 20, bio_chain)                                            \
	X(BIO_SPLIT, 21, bio_split)                                            \
	X(BLOCK_SPLIT, 22, block_split)                                        \
	X(BIO_SUBMIT, 23, bio_submit)                                          \
	X(BIO_REMAP, 24, bio_remap)                                            \
	X(BIO_ENDIO, 25, bio_endio)                                            \
	X(BIO_PUT, 26, bio_put)                                                \
	X(BIO_FREE, 27, bio_free)                                              \
	X(BIOSET_EXIT, 28, bioset_exit)                                        \
	X(BIO_DONE, 29, bio_done)                                              \
	X(DM_MAP, 32, dm_map)                                                  \
	X(DM_CLONE_ENDIO, 33, dm_clone_endio)                                  \
	X(DM_IO_COMPLETE, 34, dm_io_complete)                                  \
	X(DM_IO_REWIND, 35, dm_io_rewind)                                      \
	X(DM_REMAP, 36, dm_remap)                                              \
	X(DM_SUSPENDED, 37, dm_suspended)                                      \
	X(DM_RESUME, 38, dm_resume)                                            \
	X(DM_POLLED, 39, dm_polled)                                            \
	X(FAULT, 48, fault)                                                    \
	X(SNAPSHOT_CGROUP, 79, snapshot_cgroup)                                \
	X(BIO_CHARGE, 80, bio_charge)                                          \
	X(BIO_ASSOCIATE, 81, bio_associate)                                    \
	X(BIO_ASSOCIATE_FROM, 82, bio_associate_from)                          \
	X(BLKG_ALLOC, 83, blkg_alloc)                                          \
	X(BLKG_CREATE, 84, blkg_create)                                        \
	X(BLKG_DESTROY, 85, blkg_destroy)                                      \
	X(BLKG_RELEASE, 86, blkg_release)                                      \
	X(BLKG_RELEASE_RCU, 87, blkg_release_rcu)                              \
	X(BLKG_FREE, 88, blkg_free)                                            \
	X(CSS_ONLINE, 89, css_online)                                          \
	X(CGROUP_RMDIR, 90, cgroup_rmdir)                                      \
	X(CSS_KILLED_REF, 91, css_killed_ref)                                  \
	X(CSS_OFFLINE, 92, css_offline)                                        \
	X(CSS_RELEASE, 93, css_release)                                        \
	X(CSS_RELEASE_WORK, 94, css_release_work)                              \
	X(CSS_FREE, 95, css_free)                                              \
	X(BLKCG_POLICY_ON, 96, blkcg_policy_on)                                \
	X(BLKCG_POLICY_OFF, 97, blkcg_policy_off)                              \
	X(HOLDER_LINK, 112, holder_link)                                       \
	X(HOLDER_LINKED, 113, holder_linked)                                   \
	X(HOLDER_UNLINK, 114, holder_unlink)                                   \
	X(HOLDER_UNLINKED, 115, holder_unlinked)                               \
	X(CLAIM_BY_PATH, 116, claim_by_path)                                   \
	X(CLAIM_BEGIN, 117, claim_begin)                                       \
	X(CLAIM_TRIED, 118, claim_tried)                                       \
	X(CLAIM_ABORTED, 119, claim_aborted)                                   \
	X(CLAIM_OPENED, 120, claim_opened)                                     \
	X(CLAIM_DROP, 121, claim_drop)                                         \
	X(CLAIM_DROPPED, 122, claim_dropped)                                   \
	X(DISK_ADD, 123, disk_add)                                             \
	X(DISK_DEL, 124, disk_del)                                             \
	X(DISK_GONE, 125, disk_gone)                                           \
	X(NSIO_READ, 130, nsio_read)                                           \
	X(NSIO_GOT, 131, nsio_got)                                             \
	X(NSIO_WRITE, 132, nsio_write)                                         \
	X(NSIO_WROTE, 133, nsio_wrote)                                         \
	X(LANE_WANTED, 134, lane_wanted)                                       \
	X(LANE_TAKEN, 135, lane_taken)                                         \
	X(LANE_RELEASED, 136, lane_released)                                   \
	X(BTT_ARENA, 137, btt_arena)                                           \
	X(BTT_LOG, 138, btt_log)                                               \
	X(BTT_CLEAR, 139, btt_clear)                                           \
	X(BTT_CLEARED, 140, btt_cleared)                                       \
	X(BTT_SUBMIT, 141, btt_submit)                                         \
	X(BTT_SUBMITTED, 142, btt_submitted)                                   \
	X(BTT_ATTACHED, 143, btt_attached)                                     \
	X(BTT_DETACH, 144, btt_detach)                                         \
	X(BTT_ARENAS_FREED, 145, btt_arenas_freed)                             \
	X(ND_REGISTER, 146, nd_register)                                       \
	X(ND_ADDING, 147, nd_adding)                                           \
	X(ND_ADDED, 148, nd_added)                                             \
	X(ND_UNREGISTER, 149, nd_unregister)                                   \
	X(ND_BOUND, 150, nd_bound)                                             \
	X(ND_UNBIND, 151, nd_unbind)                                           \
	X(ND_BTT_GONE, 152, nd_btt_gone)                                       \
	X(ND_SYNCHRONIZE, 153, nd_synchronize)                                 \
	X(ND_SYNCHRONIZED, 154, nd_synchronized)                               \
	X(ND_CLAIM, 155, nd_claim)                                             \
	X(ND_UNCLAIM, 156, nd_unclaim)                                         \
	X(RW_PAGE, 157, rw_page)                                               \
	X(RW_PAGE_DONE, 158, rw_page_done)                                     \
	X(PAGE_ENDED, 159, page_ended)                                         \
	X(IO_CALL, 160, io_call)                                               \
	X(IO_RETURN, 161, io_return)                                           \
	X(IO_SEEN, 162, io_seen)                                               \
	X(BRD_IO, 163, brd_io)                                                 \
	X(BRD_STORED, 164, brd_stored)                                         \
	X(PAGE_FREED, 165, page_freed)                                         \
	X(WRITEBACK_BEGIN, 166, writeback_begin)                               \
	X(WRITEBACK_END, 167, writeback_end)                                   \
	X(CACHE_OP, 168, cache_op)                                             \
	X(PAGE_TAKEN, 169, page_taken)                                         \
	X(NSIO_LINE, 176, nsio_line)                                           \
	X(NVDIMM_PAST_CACHE, 177, nvdimm_past_cache)                           \
	X(NVDIMM_FLUSH, 178, nvdimm_flush)                                     \
	X(NVDIMM_FLUSHED, 179, nvdimm_flushed)

enum bsc_event_type {
#define BSC_X(NAME, number, name) BSC_EVENT_##NAME = number,
	BSC_EVENT_LIST(BSC_X)
#undef BSC_X
};

enum bsc_mark_kind {
	BSC_MARK_TRIAL_BEGIN = 1, /* arg: number of the trial's first run */
	BSC_MARK_TRIAL_SETTLE = 2, /* the workload is done and torn down */
	BSC_MARK_TRIAL_END = 3, /* arg: 1 if the scenario's body returned */
	BSC_MARK_STEP = 4, /* a workload's own mark; label names it */
	BSC_MARK_SUSPEND_BEGIN = 5, /* arg: dev; dm suspend is asked for */
	BSC_MARK_SUSPEND_END = 6, /* arg: dev; it returned */
	BSC_MARK_RESUME_BEGIN = 7,
	BSC_MARK_RESUME_END = 8,
	BSC_MARK_DISK_GONE = 9, /* arg: dev; its removal returned */
	/*
	 * What sysfs shows of holders while nothing changes, between two marks
	 * of the first kind: arg 1 begins, 0 ends it. A link's arg is the dev
	 * of the directory's owner << 32 | that of the target, 0 if it is gone.
	 */
	BSC_MARK_SYSFS_HOLDERS = 32,
	BSC_MARK_SLAVE_LINK = 33, /* in slaves/ of a holder */
	BSC_MARK_HOLDER_LINK = 34, /* in holders/ of a slave */
	BSC_MARK_RAMDISK_PAGES = 40, /* arg: by debugfs, of the ramdisk label */
	BSC_MARK_UNLOADED = 41, /* arg: 0, or the errno; label: the module */
};

enum bsc_fault_step {
	BSC_FAULT_ARRIVE = 1, /* a wait begins */
	BSC_FAULT_RELEASE = 2, /* it is over: the delay, or the partner came */
	BSC_FAULT_TIMEOUT = 3, /* the partner did not come */
	BSC_FAULT_FAIL = 4, /* the call was made to fail */
	BSC_FAULT_OVER_BUDGET = 5, /* it should have waited, and did not */
	BSC_FAULT_MEET = 6, /* the partner, while somebody waits for it */
};

enum bsc_endio_flag {
	BSC_ENDIO_CHAIN = 1u << 0, /* BIO_CHAIN is set: remaining counts */
	BSC_ENDIO_CHAINED = 1u << 1, /* bi_end_io is bio_chain_endio */
	BSC_ENDIO_INTEGRITY = 1u << 2, /* REQ_INTEGRITY: may be entered twice */
};

enum bsc_put_flag {
	BSC_PUT_REFFED = 1u << 0, /* BIO_REFFED is set: refs counts */
	BSC_PUT_CACHED =
		1u
		<< 1, /* REQ_ALLOC_CACHE: the last put frees without bio_free */
};

enum bsc_map_flag {
	BSC_MAP_TARGET_ENDS =
		1u << 16, /* the target's end_io decides on the clone's error */
};

enum bsc_css_flag {
	BSC_CSS_ONLINE = 1u << 1, /* as the kernel has them */
	BSC_CSS_DYING = 1u << 4,
	BSC_CSS_ROOT = 1u << 31, /* it has no parent */
};

enum bsc_holder_flag {
	BSC_HOLDER_SLAVE_LIVE = 1u << 0, /* the slave's disk is not removed */
	BSC_HOLDER_DIR = 1u << 1, /* the holder has its directory slaves/ */
};

enum bsc_btt_flag {
	BSC_BTT_LOCKED =
		1u << 0, /* the lock of the entry's part of the map is taken */
	BSC_BTT_READING = 1u << 1, /* the lane is shown as reading a block */
};

#define BSC_NSIO_LINE 64 /* bytes of one record nsio_line */
#define BSC_NSIO_MOST 4224 /* of one write: the largest block of a table */

/* One lock of the map is of so many entries that lie together: 64 bytes. */
#define BSC_MAP_ENTRIES_OF_A_LOCK 16

/* What a workload's call does; the first four move or make data. */
enum bsc_io_op {
	BSC_IO_READ = 1,
	BSC_IO_WRITE = 2,
	BSC_IO_ZERO = 3, /* BLKZEROOUT */
	BSC_IO_DISCARD = 4, /* BLKDISCARD */
	BSC_IO_SYNC = 5, /* fdatasync */
	BSC_IO_FLUSH_BUFFERS = 6, /* BLKFLSBUF */
	BSC_IO_BLOCK_SIZE = 7, /* BLKBSZSET; counter: bytes */
};

enum bsc_io_flag {
	BSC_IO_BUFFERED = 1u << 0, /* through the page cache */
};

enum bsc_sector_state {
	BSC_SECTOR_STAMPED = 1,
	BSC_SECTOR_ZERO = 2,
	BSC_SECTOR_DAMAGED = 3,
};

enum bsc_brd_flag {
	BSC_BRD_PAGE = 1u << 0, /* by brd_rw_page */
};

enum bsc_cache_op {
	BSC_CACHE_SYNC = 1,
	BSC_CACHE_INVALIDATE = 2, /* what is clean goes */
	BSC_CACHE_TRUNCATE = 3, /* what is dirty goes too */
};

/* Where the probe ran. */
enum bsc_context {
	BSC_CONTEXT_SOFTIRQ = 1u << 0,
	BSC_CONTEXT_HARDIRQ = 1u << 1,
	BSC_CONTEXT_NMI = 1u << 2,
	BSC_CONTEXT_USER = 1u << 3, /* written by the agent or the workload */
};

/* In front of every payload. The first two members are CTF's event header. */
struct bsc_record {
	__u64 time; /* ns, guest's CLOCK_MONOTONIC; for people, not for order */
	__u32 type; /* enum bsc_event_type */
	/*
	 * Per CPU, from 1, taken before the reservation: a number that never
	 * comes is a loss. Programs nest and are preempted between the two
	 * steps, so neighbours may come in the wrong order. 0: not counted
	 * (written by the agent).
	 */
	__u32 seq;
	__u64 order; /* of reservation, from 1; set by the consumer */
	__u32 tid;
	__u32 tgid;
	__u16 cpu;
	__u16 context; /* enum bsc_context */
	__s32 stack; /* id, -1 not taken, -2 lost */
	char comm[BSC_COMM_LEN];
};

BSC_STATIC_ASSERT(sizeof(struct bsc_record) == 56,
		  "struct bsc_record has no padding");

#define BSC_STACK_NONE (-1)
#define BSC_STACK_LOST (-2)

#define BSC_MEMBER_u32(name) __u32 name;
#define BSC_MEMBER_u64(name) __u64 name;
#define BSC_MEMBER_s32(name) __s32 name;
#define BSC_MEMBER_text16(name) char name[16];
#define BSC_MEMBER_text32(name) char name[BSC_NAME_LEN];
#define BSC_MEMBER_stack(name) __u64 name[BSC_STACK_DEPTH];
#define BSC_BYTES_u32 4
#define BSC_BYTES_u64 8
#define BSC_BYTES_s32 4
#define BSC_BYTES_text16 16
#define BSC_BYTES_text32 BSC_NAME_LEN
#define BSC_BYTES_stack (8 * BSC_STACK_DEPTH)
#define BSC_MEMBER(type, name, base) BSC_MEMBER_##type(name)
#define BSC_SUM(type, name, base) +BSC_BYTES_##type

/* struct bsc_event_NAME: the payload alone, which follows a bsc_record. */
#define BSC_X(NAME, number, name)                                              \
	struct bsc_event_##name {                                              \
		BSC_FIELDS_##NAME(BSC_MEMBER)                                  \
	};                                                                     \
	BSC_STATIC_ASSERT(sizeof(struct bsc_event_##name) ==                   \
				  0 BSC_FIELDS_##NAME(BSC_SUM),                \
			  #name " has no padding");                            \
	BSC_STATIC_ASSERT(sizeof(struct bsc_event_##name) % 8 == 0,            \
			  #name " is a multiple of 8 bytes");                  \
	BSC_STATIC_ASSERT(number < BSC_MAX_TYPES, #name "'s number");
BSC_EVENT_LIST(BSC_X)
#undef BSC_X

#endif
