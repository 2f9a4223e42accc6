import type { Graph, InputData } from '@attune/plan';

import type { ModelConfig } from '../config/config.ts';
import type { TokenBatch } from './decoder.ts';
import { ropeTensors } from './positions.ts';
import { addedTokens, type VirtualTokens } from './virtual.ts';

/**
 * The inputs of a graph that reads token sequences: ids, positions, bounds, by these names after `prefix`. With
 * virtual tokens that run through the model, they are the last tokens of the only row, and one more input,
 * `virtual`, says which is which.
 */
export function tokenInputs(
  graph: Graph,
  config: ModelConfig,
  rows: number,
  length: number,
  positions = config.maxPositionEmbeddings,
  prefix = '',
  virtual?: VirtualTokens,
): TokenBatch {
  const added = addedTokens(virtual);
  const tokens = rows * length + added;
  return {
    rows,
    length: length + added,
    ...(virtual && { virtual }),
    ...(added > 0 && { virtualIds: graph.input(`${prefix}virtual`, [tokens], 'i32') }),
    ids: graph.input(`${prefix}ids`, [tokens], 'i32'),
    positions: graph.input(`${prefix}positions`, [tokens], 'i32'),
    bounds: graph.input(`${prefix}bounds`, [tokens, 2], 'i32'),
    rope: ropeTensors(graph, config, positions),
  };
}

/** Rows of tokens with what each one may see; all arrays row-major [rows × length]. */
export interface TokenRows {
  readonly rows: number;
  readonly length: number;
  readonly inputIds: Int32Array;
  readonly positions: Int32Array;
  /** 0 in padding, else the document's number within its row. */
  readonly segmentIds: Int32Array;
}

/**
 * The values of `tokenInputs` for a batch, padded to a plan's shape: more rows and a greater
 * length are filled with padding, which sees nothing and is seen by nothing. Behind virtual tokens
 * positions begin later.
 */
export function tokenValues(
  batch: TokenRows,
  rows = batch.rows,
  length = batch.length,
  virtual?: VirtualTokens,
): Record<'ids' | 'positions' | 'bounds', InputData> & { virtual?: InputData } {
  const added = addedTokens(virtual);
  const tokens = rows * length + added;
  const ids = new Int32Array(tokens).fill(-1);
  const positions = new Int32Array(tokens);
  const bounds = new Int32Array(2 * tokens);
  for (let row = 0; row < batch.rows; row++) {
    const from = row * batch.length;
    const to = row * length;
    for (let t = 0; t < batch.length; t++) {
      const segment = batch.segmentIds[from + t]!;
      if (segment === 0) continue;
      ids[to + t] = batch.inputIds[from + t]!;
      positions[to + t] = batch.positions[from + t]! + (virtual?.count ?? 0);
      let end = t;
      while (end < batch.length && batch.segmentIds[from + end] === segment) end++;
      const start =
        t > 0 && batch.segmentIds[from + t - 1] === segment ? bounds[2 * (to + t - 1)]! : t;
      bounds[2 * (to + t)] = start;
      bounds[2 * (to + t) + 1] = end;
    }
  }
  if (added === 0) return { ids, positions, bounds };
  return { ids, positions, bounds, virtual: placeVirtual(length, positions, bounds) };
}

/** Makes the tokens from `first` on a document of virtual ones; returns which each is, -1 for text. */
export function placeVirtual(first: number, positions: Int32Array, bounds: Int32Array): Int32Array {
  const virtual = new Int32Array(positions.length).fill(-1);
  for (let i = first; i < positions.length; i++) {
    virtual[i] = i - first;
    positions[i] = i - first;
    bounds.set([first, positions.length], 2 * i);
  }
  return virtual;
}
