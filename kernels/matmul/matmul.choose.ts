import type { KernelTraits } from '../contract/index.ts';
import { broadcast } from './matmul.broadcast.ts';
import { naive } from './matmul.naive.ts';
import type { MatmulVariant } from './matmul.operands.ts';
import { packed } from './matmul.packed.ts';
import { type MatmulChoices, matmulClass, type Problem } from './matmul.problem.ts';
import { quads } from './matmul.quads.ts';
import { split } from './matmul.split.ts';
import { registers, row, sliced, tiled } from './matmul.variants.ts';

/** Best first. */
export const matmulVariants: readonly MatmulVariant[] = [
  packed,
  split,
  row,
  quads,
  broadcast,
  sliced,
  tiled,
  registers,
  naive,
];

let forced: string | undefined;

/** Makes every following product use the variant of that name where it can run; for tests and tuning. */
export function forceMatmulVariant(name: string | undefined): void {
  forced = name;
}

const tuned = new WeakMap<KernelTraits, MatmulChoices>();

/** Makes products recorded for this adapter take the variant that was measured to be the fastest of their class. */
export function rememberMatmulChoices(traits: KernelTraits, choices: MatmulChoices): void {
  tuned.set(traits, choices);
}

export function chooseMatmul(traits: KernelTraits, problem: Problem): MatmulVariant {
  // The naive one reads any row of f32 and f16, the others any row that is whole blocks.
  const able = matmulVariants.filter((variant) => variant.canRun(traits, problem));
  return (
    able.find((variant) => variant.name === forced) ??
    able.find((variant) => variant.untuned && variant.suits(traits, problem)) ??
    able.find((variant) => variant.name === tuned.get(traits)?.[matmulClass(problem)]) ??
    able.find((variant) => variant.suits(traits, problem)) ??
    naive
  );
}
