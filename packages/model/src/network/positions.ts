import type { Tensor } from '@attune/kernels';
import type { Graph, Store } from '@attune/plan';
import type { ModelConfig, RopeConfig } from '../config/config.ts';
import { ropeTable } from '../config/rope.ts';
import { blueprintOf } from '../families/families.ts';
import type { VirtualTokens } from './virtual.ts';

/** Cosines and sines, each [positions, headDim / 2]. */
export interface RopeTensors {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** The rotary tables of a model: of all layers, or those of layers with a window apart. */
export interface RopeTables {
  readonly global?: RopeTensors;
  readonly local?: RopeTensors;
}

/** Where a table lies in the store. */
const places = { global: 'rope', local: 'rope.local' } as const;

function tablesOf({ rope, localRope }: ModelConfig): ['global' | 'local', RopeConfig][] {
  return [
    ...(rope.type === 'none' ? [] : [['global', rope] as ['global', RopeConfig]]),
    ...(localRope ? [['local', localRope] as ['local', RopeConfig]] : []),
  ];
}

/** The rotary tables' residents: cosines and sines of `positions` positions. */
export function uploadRope(store: Store, config: ModelConfig, positions: number): void {
  for (const [which, rope] of tablesOf(config)) {
    const table = ropeTable(rope, config.headDim, positions);
    for (const part of ['cos', 'sin'] as const) {
      const name = `${places[which]}.${part}`;
      store.create(name, [positions, config.headDim / 2], 'f32', 'weights');
      store.write(name, table[part]);
    }
  }
}

/** The rotary tables in a graph. */
export function ropeTensors(graph: Graph, config: ModelConfig, positions: number): RopeTables {
  const shape = [positions, config.headDim / 2];
  const tensors = ([which]: readonly ['global' | 'local', RopeConfig]) => {
    const cos = graph.resident(`${places[which]}.cos`, shape);
    return [which, { cos, sin: graph.resident(`${places[which]}.sin`, shape) }] as const;
  };
  return Object.fromEntries(tablesOf(config).map(tensors));
}

/** Bytes of the rotary tables. */
export function ropeBytes(config: ModelConfig, positions: number): number {
  return tablesOf(config).length * 4 * positions * config.headDim;
}

/** How many positions a store has for a model: rows of its rotary table, or of its learned embedding. */
export function storedPositions(store: Store, config: ModelConfig): number {
  const learned = blueprintOf(config).positions;
  return learned ? learned.in : store.get('rope.cos').shape[0]!;
}

/** Tokens that a document may have. Virtual tokens take learned positions from it; rotary ones only begin later. */
export function mostTokens(config: ModelConfig, virtual?: Pick<VirtualTokens, 'count'>): number {
  const learned = blueprintOf(config).positions;
  return learned ? learned.in - (virtual?.count ?? 0) : config.maxPositionEmbeddings;
}
