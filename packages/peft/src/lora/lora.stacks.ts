import type { Corner } from '@attune/kernels';
import { type ModelConfig, stacksOf } from '@attune/model';
import type { TrainableStack } from '@attune/plan';
import { linearModules } from '../targets.ts';
import type { LoraLayer } from './lora.ts';

type Part = TrainableStack['parts'][number];

/** LoRA on layers that lie side by side: one A, one B, of zeros outside the layers' own blocks. */
export interface StackedLayers {
  /** Those of the stack that are adapted. */
  readonly layers: readonly LoraLayer[];
  /** A of all, row by row, and B of all, block by block along the diagonal. */
  readonly tensors: readonly TrainableStack[];
  /** Where the blocks of B meet: one corner between any two layers, adapted or not. */
  readonly blocks: readonly Corner[];
}

/** The stacks with adapted layers, by path. */
export function stackedLayers(
  model: ModelConfig,
  byPath: ReadonlyMap<string, LoraLayer>,
): Map<string, StackedLayers> {
  const modules = new Map(linearModules(model).map((module) => [module.path, module]));
  const found = new Map<string, StackedLayers>();
  for (const { path, parts } of stacksOf(model)) {
    const layers = parts.flatMap((part) => byPath.get(part) ?? []);
    if (layers.length === 0) continue;
    let [row, column] = [0, 0];
    const blocks: Corner[] = [];
    const a: Part[] = [];
    const b: Part[] = [];
    for (const part of parts) {
      if (row > 0) blocks.push([row, column]);
      const layer = byPath.get(part);
      if (layer) {
        a.push({ name: `${part}.lora_A.weight`, row: column, column: 0 });
        b.push({ name: `${part}.lora_B.weight`, row, column });
      }
      row += modules.get(part)!.out;
      column += layer?.r ?? 0;
    }
    const tensors = [
      { name: `${path}.lora_A.weight`, shape: [column, layers[0]!.in], parts: a },
      { name: `${path}.lora_B.weight`, shape: [row, column], parts: b },
    ];
    found.set(path, { layers, tensors, blocks });
  }
  return found;
}
