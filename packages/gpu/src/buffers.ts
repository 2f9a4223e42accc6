import { AttuneError } from './error.ts';
import { type Device, deviceOf } from './gpu.ts';
import { type DeviceState, firstLine, raceLoss, stateOf, throwPending } from './state.ts';

export interface BufferRequest {
  label: string;
  /** Bytes; rounded up to a multiple of 4, at least 4. */
  size: number;
  /** GPUBufferUsage flags. */
  usage: GPUBufferUsageFlags;
  mappedAtCreation?: boolean;
}

/**
 * Makes a buffer whose bytes are counted until it is destroyed or collected. What the adapter's limits
 * forbid throws here; memory that is really exhausted is known only later, and is then thrown by the next
 * awaited call (`allocate` waits for it).
 *
 * @throws AttuneError `out-of-memory`, `device-lost`
 */
export function createBuffer(of: Device, request: BufferRequest): GPUBuffer {
  const device = deviceOf(of);
  const state = stateOf(device);
  if (state.lostError) throw state.lostError;
  device.pushErrorScope('out-of-memory');
  let buffer: GPUBuffer;
  try {
    buffer = make(device, state, request);
  } finally {
    device.popErrorScope().then(
      (error) => {
        if (error) state.errors.push(exhausted(device, [request], error.message));
      },
      () => {},
    );
  }
  return buffer;
}

/**
 * Makes several buffers and waits until the adapter has granted them all; on failure none stays.
 *
 * @throws AttuneError `out-of-memory` with what was asked and what the adapter allows, `gpu-error`, `device-lost`
 */
export async function allocate(
  of: Device,
  requests: readonly BufferRequest[],
): Promise<GPUBuffer[]> {
  const device = deviceOf(of);
  const state = stateOf(device);
  throwPending(state);
  const total = totalOf(requests);
  if (state.freeMemory && total > state.freeMemory()) throw exhausted(device, requests, '');
  const made: GPUBuffer[] = [];
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  let failure: unknown;
  try {
    for (const request of requests) made.push(make(device, state, request));
  } catch (error) {
    failure = error;
  }
  const scopes = Promise.all([device.popErrorScope(), device.popErrorScope()]);
  try {
    const [memory, validation] = await raceLoss(device, scopes);
    if (failure) throw failure;
    if (memory) throw exhausted(device, requests, memory.message);
    if (validation) {
      throw new AttuneError(
        'gpu-error',
        `Buffers ${names(requests)} were refused: ${firstLine(validation.message)}`,
        'Check their usage flags.',
      );
    }
    return made;
  } catch (error) {
    for (const buffer of made) buffer.destroy();
    throw error;
  }
}

/** Bytes of the buffers made here and not yet destroyed. */
export const liveBytes = (of: Device): number => stateOf(deviceOf(of)).liveBytes;
/** Their number: one that grows step by step is a leak. */
export const liveBuffers = (of: Device): number => stateOf(deviceOf(of)).liveBuffers;

/** Bytes from which it is worth asking how much the machine has left. */
const large = 1 << 24;

function make(device: GPUDevice, state: DeviceState, request: BufferRequest): GPUBuffer {
  const { label, usage, mappedAtCreation = false } = request;
  const size = Math.max(4, Math.ceil(request.size / 4) * 4);
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const storage = (usage & 0x80) !== 0;
  if (!(size <= maxBufferSize) || (storage && size > maxStorageBufferBindingSize)) {
    throw exhausted(device, [request], '');
  }
  if (state.freeMemory && size >= large && size > state.freeMemory()) {
    throw exhausted(device, [request], '');
  }
  let buffer: GPUBuffer;
  try {
    buffer = device.createBuffer({ label, size, usage, mappedAtCreation });
  } catch (error) {
    // mappedAtCreation is the one case in which exhausted memory throws: a RangeError.
    if (error instanceof RangeError) throw exhausted(device, [request], error.message);
    throw error;
  }
  count(state, buffer, size);
  return buffer;
}

const collected = new FinalizationRegistry<() => void>((release) => release());

function count(state: DeviceState, buffer: GPUBuffer, size: number): void {
  state.liveBytes += size;
  state.liveBuffers++;
  let live = true;
  const release = () => {
    if (!live) return;
    live = false;
    state.liveBytes -= size;
    state.liveBuffers--;
  };
  // Own property: WebGPU has no event for it. It holds no reference to `buffer`, so that it can be collected.
  buffer.destroy = function (this: GPUBuffer) {
    release();
    return Object.getPrototypeOf(this).destroy.call(this);
  };
  collected.register(buffer, release);
}

function exhausted(
  device: GPUDevice,
  requests: readonly BufferRequest[],
  reason: string,
): AttuneError {
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const total = totalOf(requests);
  const asked =
    requests.length === 1
      ? `${requests[0]!.label} asks for ${formatBytes(total)}`
      : `${requests.length} buffers (${names(requests)}) ask for ${formatBytes(total)}`;
  const { liveBytes, freeMemory } = stateOf(device);
  const live = formatBytes(liveBytes);
  const free = freeMemory ? `, this machine has ${formatBytes(freeMemory())} left` : '';
  const why = reason ? `; the driver says: ${firstLine(reason)}` : '';
  return new AttuneError(
    'out-of-memory',
    `${asked}. The adapter allows ${formatBytes(maxBufferSize)} in a buffer and ${formatBytes(maxStorageBufferBindingSize)} in a binding; ${live} are in use${free}${why}.`,
    'Take a smaller batch, shorter sequences, gradient checkpointing, or a smaller or quantised model.',
  );
}

const totalOf = (requests: readonly BufferRequest[]): number =>
  requests.reduce((sum, { size }) => sum + size, 0);

const names = (requests: readonly BufferRequest[]): string => {
  const shown = requests.slice(0, 3).map(({ label }) => label);
  return requests.length > 3 ? `${shown.join(', ')}, …` : shown.join(', ');
};

/** "594.0 MiB" */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit ? value.toFixed(1) : value} ${units[unit]}`;
}
