import { AttuneError } from './error.ts';
import type { AdapterInfo } from './traits.ts';

/** What is known about one device beyond the device itself; every function here reaches it by the device. */
export interface DeviceState {
  /** Set once, at loss; from then on nothing succeeds. */
  lostError: AttuneError | undefined;
  /** Never rejects. */
  lost: Promise<AttuneError>;
  /** Errors that no call could throw, oldest first; the next awaited call throws them. */
  errors: AttuneError[];
  /** Rejecters of the awaits in progress: a plain Promise.race would leave a reaction on `lost` for each await. */
  waiting: Set<(error: AttuneError) => void>;
  /** The adapter's, where this package asked for the device. */
  info: AdapterInfo | undefined;
  /** This package asked for the device, so nobody else looks after its errors. */
  owned: boolean;
  /** Bytes that the machine could still give, where the adapter takes its memory from there. */
  freeMemory: (() => number) | undefined;
  liveBytes: number;
  liveBuffers: number;
  pipelines: Map<string, Promise<GPUComputePipeline>>;
  staging: GPUBuffer[];
  markLost(reason: string, message: string): void;
}

const states = new WeakMap<GPUDevice, DeviceState>();

/** The record of a device, begun at first use: from then on its loss and its uncaptured errors are noted. */
export function stateOf(device: GPUDevice): DeviceState {
  const known = states.get(device);
  if (known) return known;
  let settle!: (error: AttuneError) => void;
  const state: DeviceState = {
    lostError: undefined,
    lost: new Promise((resolve) => {
      settle = resolve;
    }),
    errors: [],
    waiting: new Set(),
    info: undefined,
    owned: false,
    freeMemory: undefined,
    liveBytes: 0,
    liveBuffers: 0,
    pipelines: new Map(),
    staging: [],
    markLost(reason, message) {
      if (state.lostError) return;
      const error = lossError(reason, message);
      state.lostError = error;
      state.pipelines.clear();
      state.staging.length = 0;
      settle(error);
      for (const reject of state.waiting) reject(error);
      state.waiting.clear();
    },
  };
  states.set(device, state);
  device.lost.then(
    ({ reason, message }) => state.markLost(reason ?? 'unknown', message),
    (error) => state.markLost('unknown', String(error?.message ?? error)),
  );
  device.addEventListener?.('uncapturederror', (event) => {
    state.errors.push(uncaptured((event as GPUUncapturedErrorEvent).error));
    // It is thrown at the next await; Dawn would print it to stdout besides.
    if (state.owned) event.preventDefault();
  });
  return state;
}

function lossError(reason: string, message: string): AttuneError {
  if (reason === 'destroyed') {
    return new AttuneError(
      'device-lost',
      'The WebGPU device was destroyed while work was wanted of it.',
      'Ask for a new one with requestGpu(), and go on from the last checkpoint.',
    );
  }
  const detail = message.trim() ? ` (${firstLine(message)})` : '';
  return new AttuneError(
    'device-lost',
    `The WebGPU device was lost${detail}: the driver was reset, memory ran out or a dispatch took too long.`,
    'Ask for a new one with requestGpu(), and go on from the last checkpoint; a smaller batch or shorter sequences ask less of it.',
  );
}

function uncaptured(error: GPUError): AttuneError {
  const text = firstLine(error.message);
  if (error.constructor?.name === 'GPUOutOfMemoryError') {
    return new AttuneError(
      'out-of-memory',
      `The GPU ran out of memory: ${text}`,
      'Take a smaller batch, shorter sequences or a smaller model.',
    );
  }
  return new AttuneError(
    'gpu-error',
    `WebGPU refused an earlier call: ${text}`,
    'The results since then are not to be trusted. If no code of your own encodes GPU work, please report it.',
  );
}

/** Dawn's messages go on with a call stack of its own. */
export const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';

/** Throws the loss or the oldest uncaptured error of a device, if there is one. */
export function throwPending(state: DeviceState): void {
  if (state.lostError) throw state.lostError;
  const [first, ...rest] = state.errors.splice(0);
  if (!first) return;
  if (!rest.length) throw first;
  throw new AttuneError(
    first.code,
    `${first.message} (and ${rest.length} more after it)`,
    first.remedy,
    { cause: rest },
  );
}

/**
 * Awaits `work` unless the device goes first. Resolves only on a device that still lives and that has
 * reported no error: after loss WebGPU's own promises may resolve as if all were well.
 */
export function raceLoss<T>(device: GPUDevice, work: Promise<T>): Promise<T> {
  const state = stateOf(device);
  return new Promise<T>((resolve, reject) => {
    if (state.lostError) {
      work.catch(() => {});
      reject(state.lostError);
      return;
    }
    state.waiting.add(reject);
    work.then(
      (value) => {
        state.waiting.delete(reject);
        try {
          throwPending(state);
          resolve(value);
        } catch (error) {
          reject(error);
        }
      },
      (error) => {
        if (!fromWebGpu(error)) {
          state.waiting.delete(reject);
          reject(error);
          return;
        }
        // A map fails a moment before the loss that caused it is announced: the loss is the better error.
        setTimeout(() => {
          state.waiting.delete(reject);
          try {
            throwPending(state);
            reject(wrapped(error));
          } catch (known) {
            reject(known);
          }
        }, 20);
      },
    );
  });
}

const fromWebGpu = (error: unknown): error is Error =>
  error instanceof Error &&
  !(error instanceof AttuneError) &&
  ['AbortError', 'OperationError', 'GPUPipelineError', 'InvalidStateError'].includes(error.name);

const wrapped = (error: Error): AttuneError =>
  new AttuneError(
    'gpu-error',
    `WebGPU gave up a task: ${firstLine(error.message) || error.name}`,
    'Run it again; if it happens each time, please report it.',
    { cause: error },
  );
