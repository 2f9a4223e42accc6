import { AttuneError, createBuffer, type Gpu, readBuffer } from '@attune/gpu';
import { byteSize, type Dtype, elements, type Shape } from '@attune/kernels';

interface Resident {
  readonly buffer: GPUBuffer;
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** The heading in the memory estimate. */
  readonly group: string;
}

/** Tensors that outlive a step: weights, trained parameters, gradients, moments, caches. */
export class Store {
  readonly gpu: Gpu;
  readonly #residents = new Map<string, Resident>();

  constructor(gpu: Gpu) {
    this.gpu = gpu;
  }

  has(name: string): boolean {
    return this.#residents.has(name);
  }

  /** Makes the buffer of `name`, zeroed, in memory group `group`. */
  create(name: string, shape: Shape, dtype: Dtype = 'f32', group = 'weights'): void {
    const size = Math.max(16, byteSize({ shape, dtype }));
    const { maxStorageBinding, maxBuffer } = this.gpu.traits;
    if (size > Math.min(maxStorageBinding, maxBuffer)) {
      throw new AttuneError(
        'tensor-too-large',
        `${name} takes ${formatMebibytes(size)} MiB; this adapter binds at most ${formatMebibytes(Math.min(maxStorageBinding, maxBuffer))} MiB at once.`,
        'Use a smaller model, a smaller vocabulary, or an adapter with larger buffers.',
      );
    }
    this.#residents.get(name)?.buffer.destroy();
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = createBuffer(this.gpu.device, { label: name, size, usage });
    this.#residents.set(name, { buffer, shape, dtype, group });
  }

  /** Writes numbers from element `offset` on. */
  write(
    name: string,
    data: Float32Array | Uint32Array | Int32Array | Uint8Array,
    offset = 0,
  ): void {
    const { buffer } = this.get(name);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const start = offset * (data instanceof Uint8Array ? 1 : 4);
    // Dawn copies through one staging block per call: parts keep that block small.
    const part = 16 << 20;
    for (let at = 0; at < bytes.length; at += part) {
      const piece = bytes.subarray(at, Math.min(at + part, bytes.length));
      this.gpu.device.queue.writeBuffer(buffer, start + at, piece as BufferSource);
    }
  }

  /** Reads a 32-bit tensor, or `count` of its numbers from `offset` on. */
  async read(name: string, offset = 0, count?: number): Promise<Float32Array> {
    const { buffer, shape } = this.get(name);
    const bytes = 4 * (count ?? elements(shape) - offset);
    return new Float32Array(await readBuffer(this.gpu, buffer, 4 * offset, bytes));
  }

  get(name: string): Resident {
    const resident = this.#residents.get(name);
    if (!resident) {
      throw new AttuneError(
        'not-resident',
        `The tensor ${name} has no memory yet.`,
        'Create it in the store before compiling a plan that uses it.',
      );
    }
    return resident;
  }

  /** Bytes by group. */
  memory(): Map<string, number> {
    const groups = new Map<string, number>();
    for (const { buffer, group } of this.#residents.values()) {
      groups.set(group, (groups.get(group) ?? 0) + buffer.size);
    }
    return groups;
  }

  drop(name: string): void {
    this.#residents.get(name)?.buffer.destroy();
    this.#residents.delete(name);
  }

  destroy(): void {
    for (const { buffer } of this.#residents.values()) buffer.destroy();
    this.#residents.clear();
  }
}

export function formatMebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
