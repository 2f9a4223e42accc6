import type { Graph, Store } from '@attune/plan';
import type { ModelConfig } from '../config/config.ts';

/** Sizes that the plans of a group of prompts share. */
export interface CacheShape {
  /** Sequences decoded together. */
  readonly rows: number;
  /** Tokens that each may have. */
  readonly capacity: number;
  /** Steps between read-backs that the history holds. */
  readonly steps: number;
}

let made = 0;

/**
 * What stays on the GPU while text is generated: keys and values of every layer, where each sequence
 * stands, the hidden state that its next token is drawn from, and the last steps' tokens.
 */
export class GenerationCache {
  readonly #store: Store;
  readonly #config: ModelConfig;
  /** Several generators may share a store. */
  readonly #prefix = `generation.${made++}.`;
  readonly #sizes = new Map<string, number>();

  constructor(store: Store, config: ModelConfig) {
    this.#store = store;
    this.#config = config;
  }

  /** Bytes of keys and values of one token in one layer, each. */
  get bytesPerToken(): number {
    return 4 * this.#config.numKeyValueHeads * this.#config.headDim;
  }

  /** Makes room for `shape`; true if buffers were replaced, and plans bound to them are void. */
  reserve({ rows, capacity, steps }: CacheShape): boolean {
    const tokens = rows * capacity;
    const line = stride(rows);
    let replaced = false;
    const hold = (name: string, count: number, dtype: 'f32' | 'i32' | 'u32' = 'f32') => {
      const before = this.#sizes.get(name) ?? 0;
      if (before >= count) return;
      this.#store.create(this.#prefix + name, [count], dtype, 'cache');
      this.#sizes.set(name, count);
      replaced ||= before > 0;
    };
    for (let layer = 0; layer < this.#config.numHiddenLayers; layer++) {
      for (const part of ['k', 'v']) {
        hold(`cache.${part}.${layer}`, (tokens * this.bytesPerToken) / 4);
      }
    }
    hold('rows', 5 * line, 'i32');
    hold('ids', steps * rows, 'i32');
    hold('logps', steps * rows);
    hold('last', rows * this.#config.hiddenSize);
    hold('random', 4, 'u32');
    return replaced;
  }

  /** Where each sequence stands, as `advanceRows` keeps it: the prompt's last token is the one before the first sample. */
  begin(
    rows: number,
    sequences: readonly { length: number; wanted: number }[],
    random: Uint32Array,
    /** Slots of virtual tokens before each. */
    virtual = 0,
  ): void {
    const line = stride(rows);
    const state = new Int32Array(5 * line);
    // A row without a sequence decodes token 0 at position 0, and nobody reads it.
    state.fill(1, 2 * line, 3 * line);
    sequences.forEach(({ length, wanted }, row) => {
      state[line + row] = virtual + length - 1;
      state[2 * line + row] = virtual + length;
      state[3 * line + row] = wanted;
    });
    this.#store.write(`${this.#prefix}rows`, state);
    this.#store.write(`${this.#prefix}random`, random);
  }

  /** The residents in a graph. */
  tensors(graph: Graph, { rows, capacity, steps }: CacheShape) {
    const { numKeyValueHeads, headDim, hiddenSize, numHiddenLayers } = this.#config;
    const width = numKeyValueHeads * headDim;
    const line = stride(rows);
    const named = (name: string, shape: number[], dtype: 'f32' | 'i32' | 'u32' = 'f32') =>
      graph.resident(this.#prefix + name, shape, dtype);
    const state = named('rows', [5, line], 'i32');
    return {
      /** [rows, capacity, kvHeads · headDim] of each layer. */
      layers: Array.from({ length: numHiddenLayers }, (_, layer) => ({
        k: named(`cache.k.${layer}`, [rows, capacity, width]),
        v: named(`cache.v.${layer}`, [rows, capacity, width]),
      })),
      /** i32 [5, stride], and its first lines. */
      state,
      current: graph.view(state, [rows], 0),
      positions: graph.view(state, [rows], line),
      lengths: graph.view(state, [rows], 2 * line),
      /** [steps, rows]: the history. */
      ids: named('ids', [steps, rows], 'i32'),
      logps: named('logps', [steps, rows]),
      /** [rows, hidden] */
      last: named('last', [rows, hiddenSize]),
      /** u32 [4] */
      random: named('random', [4], 'u32'),
    };
  }

  destroy(): void {
    for (const name of this.#sizes.keys()) this.#store.drop(this.#prefix + name);
    this.#sizes.clear();
  }
}

/** Views start at multiples of 256 bytes. */
const stride = (rows: number) => Math.ceil(rows / 64) * 64;
