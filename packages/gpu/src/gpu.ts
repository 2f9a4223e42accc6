import type { AttuneError } from './error.ts';
import { raceLoss, stateOf } from './state.ts';
import {
  type AdapterInfo,
  type AdapterName,
  runtimeName,
  type Traits,
  traitsOf,
} from './traits.ts';

/** A WebGPU device with what one needs to know of it. Made by `requestGpu` or `gpuFrom`. */
export interface Gpu {
  readonly device: GPUDevice;
  readonly adapter: AdapterName;
  readonly traits: Traits;
  /** Plain sentences for the user: which fallback computes, and what was left out. */
  readonly notes: string[];
  /** Resolves, once, with the error that everything awaited rejects with; never rejects. */
  readonly lost: Promise<AttuneError>;
  readonly isLost: boolean;
  /** Awaits `work`; rejects with `device-lost` when the device goes, or with an error that no call could throw. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Gives the device back. A device that the caller made (`gpuFrom`) is left alone. */
  destroy(): void;
}

/** Functions of this package take either. */
export type Device = GPUDevice | Gpu;

export const deviceOf = (of: Device): GPUDevice => ('device' in of ? of.device : of);

/**
 * Wraps a device that the caller made and keeps: `destroy()` leaves it alone.
 *
 * @param info the adapter's `info`, where the device has no `adapterInfo` of its own
 */
export function gpuFrom(device: GPUDevice, info?: AdapterInfo): Gpu {
  const known = info ?? stateOf(device).info ?? device.adapterInfo ?? {};
  return makeGpu(device, { info: known, notes: [], owned: false });
}

export interface GpuParts {
  info: AdapterInfo;
  notes: string[];
  owned: boolean;
  backend?: string | undefined;
}

/** @internal */
export function makeGpu(device: GPUDevice, { info, notes, owned, backend }: GpuParts): Gpu {
  const state = stateOf(device);
  const adapter: AdapterName = {
    vendor: info.vendor ?? '',
    architecture: info.architecture ?? '',
    description: info.description || info.device || '',
    runtime: runtimeName(),
    ...(backend ? { backend } : {}),
  };
  if (owned) {
    state.owned = true;
    state.info = info;
    // Whoever calls it: work that was under way must reject now, not when `lost` comes round.
    const destroy = device.destroy.bind(device);
    device.destroy = () => {
      state.markLost('destroyed', '');
      return destroy();
    };
  }
  const traits = traitsOf(device, info);
  // A software adapter promises memory that the machine has not got; the process is killed when it is used.
  if (traits.software && adapter.runtime !== 'browser' && process.availableMemory) {
    state.freeMemory = () => process.availableMemory();
  }
  return {
    device,
    adapter,
    traits,
    notes,
    lost: state.lost,
    get isLost() {
      return state.lostError !== undefined;
    },
    race: (work) => raceLoss(device, work),
    destroy() {
      if (owned) device.destroy();
    },
  };
}
