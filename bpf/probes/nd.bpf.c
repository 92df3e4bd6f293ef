// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device model of libnvdimm: handles that are registered and taken away
 * asynchronously, namespaces that they claim, drivers that are bound.
 */
#include "nvdimm.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline int put_device_step(void *ctx, u32 type,
					   struct device *device, u32 flags,
					   int result)
{
	struct bsc_event_nd_register *e =
		bsc_reserve(ctx, type, sizeof(*e), BSC_WITH_STACK);

	if (!e)
		return 0;
	e->device = (u64)device;
	e->parent = (u64)BPF_CORE_READ(device, parent);
	e->flags = flags;
	e->result = result;
	bsc_device_name(e->name, sizeof(e->name), device);
	BSC_COMMIT(e);
	return 0;
}

/* The device may be gone: its address is all that is left. */
static __always_inline int put_device_end(void *ctx, u32 type, void *device)
{
	struct bsc_event_nd_added *e =
		bsc_reserve(ctx, type, sizeof(*e), BSC_NO_STACK);

	if (!e)
		return 0;
	e->device = (u64)device;
	BSC_COMMIT(e);
	return 0;
}

BSC_TWIN(nd_register, ND_REGISTER, "fentry/nd_device_register",
	 struct device *device)
{
	if (!device)
		return 0;
	return put_device_step(ctx, BSC_EVENT_ND_REGISTER, device, 0, 0);
}

BSC_TWIN(nd_adding, ND_ADDING, "fentry/nd_async_device_register",
	 struct device *device)
{
	return put_device_step(ctx, BSC_EVENT_ND_ADDING, device, 0, 0);
}

BSC_TWIN(nd_added, ND_ADDED, "fexit/nd_async_device_register", void *device)
{
	return put_device_end(ctx, BSC_EVENT_ND_ADDED, device);
}

BSC_TWIN(nd_unregister, ND_UNREGISTER, "fentry/nd_device_unregister",
	 struct device *device, u32 mode)
{
	return put_device_step(ctx, BSC_EVENT_ND_UNREGISTER, device, mode, 0);
}

BSC_TWIN(nd_bound, ND_BOUND, "fexit/nvdimm_bus_probe", struct device *device,
	 int result)
{
	return put_device_step(ctx, BSC_EVENT_ND_BOUND, device, 0, result);
}

BSC_TWIN(nd_unbind, ND_UNBIND, "fentry/nvdimm_bus_remove",
	 struct device *device)
{
	return put_device_step(ctx, BSC_EVENT_ND_UNBIND, device, 0, 0);
}

/* The handle of a table goes. */
BSC_TWIN(nd_btt_gone, ND_BTT_GONE, "fentry/nd_btt_release", void *device)
{
	return put_device_end(ctx, BSC_EVENT_ND_BTT_GONE, device);
}

BSC_TWIN(nd_synchronize, ND_SYNCHRONIZE, "fentry/nd_synchronize")
{
	return put_device_end(ctx, BSC_EVENT_ND_SYNCHRONIZE, 0);
}

BSC_TWIN(nd_synchronized, ND_SYNCHRONIZED, "fexit/nd_synchronize")
{
	return put_device_end(ctx, BSC_EVENT_ND_SYNCHRONIZED, 0);
}

static __always_inline int put_claim_step(void *ctx, u32 type,
					  struct device *device,
					  struct nd_namespace_common *ndns,
					  int result)
{
	struct bsc_event_nd_claim *e =
		bsc_reserve(ctx, type, sizeof(*e), BSC_WITH_STACK);

	if (!e)
		return 0;
	e->device = (u64)device;
	e->ndns = (u64)ndns;
	e->claim = (u64)BPF_CORE_READ(ndns, claim);
	e->result = result;
	e->reserved = 0;
	bsc_device_name(e->name, sizeof(e->name), &ndns->dev);
	BSC_COMMIT(e);
	return 0;
}

/* result: whether the namespace was free. */
BSC_TWIN(nd_claim, ND_CLAIM, "fexit/__nd_attach_ndns", struct device *device,
	 struct nd_namespace_common *ndns, void *held, int result)
{
	return put_claim_step(ctx, BSC_EVENT_ND_CLAIM, device, ndns,
			      result & 1);
}

/* A pointer to a pointer is an argument that programs may not load by themselves. */
BSC_TWIN(nd_unclaim, ND_UNCLAIM, "fentry/__nd_detach_ndns",
	 struct device *device)
{
	struct nd_namespace_common *ndns = 0;
	u64 held = 0;

	if (bpf_get_func_arg(ctx, 1, &held))
		return 0;
	bpf_probe_read_kernel(&ndns, sizeof(ndns), (const void *)held);
	if (!ndns)
		return 0;
	return put_claim_step(ctx, BSC_EVENT_ND_UNCLAIM, device, ndns, 0);
}
