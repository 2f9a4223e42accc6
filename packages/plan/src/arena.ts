import { createBuffer, type Gpu } from '@attune/gpu';

/**
 * The buffers behind the slots of all plans of a run. Plans run one after another, so they share:
 * the largest slot of one takes the largest buffer, and so on down. A plan that needs more makes
 * buffers grow, and the others bind anew when they run next.
 */
export class Arena {
  readonly #gpu: Gpu;
  #buffers: GPUBuffer[] = [];
  /** Counts growths: bind groups made for an older version are stale. */
  version = 0;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** A buffer for each of `sizes` (bytes, in any order), the i-th for the i-th. */
  place(sizes: readonly number[]): GPUBuffer[] {
    const order = sizes.map((_, i) => i).sort((a, b) => sizes[b]! - sizes[a]!);
    const placed: GPUBuffer[] = [];
    let grown = false;
    order.forEach((slot, rank) => {
      let buffer = this.#buffers[rank];
      if (!buffer || buffer.size < sizes[slot]!) {
        buffer?.destroy();
        const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
        buffer = createBuffer(this.#gpu.device, {
          label: `slot ${rank}`,
          size: sizes[slot]!,
          usage,
        });
        grown = grown || this.#buffers[rank] !== undefined;
        this.#buffers[rank] = buffer;
      }
      placed[slot] = buffer;
    });
    if (grown) this.version++;
    return placed;
  }

  get bytes(): number {
    return this.#buffers.reduce((sum, buffer) => sum + buffer.size, 0);
  }

  destroy(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.#buffers = [];
    this.version++;
  }
}
