import { type Device, deviceOf } from './gpu.ts';
import { raceLoss } from './state.ts';

/** Encodes the dispatches that are to be timed together. */
export type Encode = (pass: GPUComputePassEncoder) => void;

const usage = { resolve: 0x204, read: 0x9 };

/**
 * Times GPU work and keeps the samples of each label. It uses timestamp-query where the device has it,
 * else the clock on the wall around a submission, which counts its overhead too. Browsers round
 * timestamps to 0.1 ms: give a short kernel several dispatches.
 *
 * @example
 * const timer = new Timer(gpu);
 * for (let i = 0; i < 9; i++) await timer.time('matmul', (pass) => call.encode(pass));
 * console.log(timer.median('matmul'), 'ms by', timer.source);
 */
export class Timer {
  readonly source: 'timestamps' | 'wall clock';
  readonly #device: GPUDevice;
  readonly #samples = new Map<string, number[]>();

  constructor(of: Device, options: { wallClock?: boolean } = {}) {
    this.#device = deviceOf(of);
    const timestamps = !options.wallClock && this.#device.features.has('timestamp-query');
    this.source = timestamps ? 'timestamps' : 'wall clock';
  }

  /** Runs one piece of work as a compute pass of its own. Returns milliseconds. */
  async time(label: string, encode: Encode): Promise<number> {
    const [sample] = await this.timeEach([[label, encode]]);
    return sample!;
  }

  /** Runs several pieces, each a pass of its own: one submission by timestamps, else one for each. Milliseconds. */
  async timeEach(parts: readonly (readonly [label: string, encode: Encode])[]): Promise<number[]> {
    const work = parts.map(([, encode]) => encode);
    const taken =
      this.source === 'timestamps' ? await this.#byTimestamps(work) : await this.#byWallClock(work);
    parts.forEach(([label], i) => {
      const known = this.#samples.get(label);
      if (known) known.push(taken[i]!);
      else this.#samples.set(label, [taken[i]!]);
    });
    return taken;
  }

  samples(label: string): readonly number[] {
    return this.#samples.get(label) ?? [];
  }

  /** Milliseconds; NaN for a label that was never timed. */
  median(label: string): number {
    return median(this.samples(label));
  }

  medians(): Record<string, number> {
    return Object.fromEntries([...this.#samples].map(([label, taken]) => [label, median(taken)]));
  }

  async #byWallClock(work: readonly Encode[]): Promise<number[]> {
    const taken: number[] = [];
    for (const encode of work) {
      const start = performance.now();
      const encoder = this.#device.createCommandEncoder({ label: 'timed' });
      const pass = encoder.beginComputePass();
      encode(pass);
      pass.end();
      await this.#submit(encoder);
      taken.push(performance.now() - start);
    }
    return taken;
  }

  async #byTimestamps(work: readonly Encode[]): Promise<number[]> {
    const device = this.#device;
    const count = 2 * work.length;
    const size = 8 * count;
    const querySet = device.createQuerySet({ type: 'timestamp', count });
    const resolved = device.createBuffer({ label: 'timestamps', size, usage: usage.resolve });
    const staging = device.createBuffer({ label: 'timestamps', size, usage: usage.read });
    try {
      const encoder = device.createCommandEncoder({ label: 'timed' });
      work.forEach((encode, i) => {
        const pass = encoder.beginComputePass({
          timestampWrites: {
            querySet,
            beginningOfPassWriteIndex: 2 * i,
            endOfPassWriteIndex: 2 * i + 1,
          },
        });
        encode(pass);
        pass.end();
      });
      encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
      const start = performance.now();
      device.queue.submit([encoder.finish()]);
      await raceLoss(device, staging.mapAsync(1));
      const wall = performance.now() - start;
      const stamps = new BigUint64Array(staging.getMappedRange().slice(0));
      // A driver may reset its counter in between: then only the wall's time is known.
      return work.map((_, i) => {
        const taken = Number(stamps[2 * i + 1]! - stamps[2 * i]!) / 1e6;
        return taken >= 0 ? taken : wall / work.length;
      });
    } finally {
      querySet.destroy();
      resolved.destroy();
      staging.destroy();
    }
  }

  #submit(encoder: GPUCommandEncoder): Promise<undefined> {
    this.#device.queue.submit([encoder.finish()]);
    return raceLoss(this.#device, this.#device.queue.onSubmittedWorkDone());
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2) return sorted[middle]!;
  return sorted.length ? (sorted[middle - 1]! + sorted[middle]!) / 2 : Number.NaN;
}
