import type { KernelTraits, Recorder } from '../contract/index.ts';
import { broadcast } from './broadcast.ts';
import { naive } from './naive.ts';
import type { Operands } from './operands.ts';
import { packed } from './packed.ts';
import { type MatmulChoices, matmulClass, type Problem } from './problem.ts';
import { quads } from './quads.ts';
import { split } from './split.ts';
import { registers, row, sliced, tiled } from './variants.ts';

/** One way to multiply. */
export interface MatmulVariant {
  readonly name: string;
  /** Whether the adapter and the sizes allow it at all. */
  canRun(traits: KernelTraits, problem: Problem): boolean;
  /** Whether it is the one to take where it can run; the first that says so wins. */
  suits(traits: KernelTraits, problem: Problem): boolean;
  /** Taken wherever it suits: for products that the tuner does not try. */
  readonly untuned?: boolean;
  /** Takes the low-rank pair into the same dispatch. */
  readonly joinsLowRank?: (problem: Problem) => boolean;
  record(recorder: Recorder, operands: Operands, problem: Problem): void;
}

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
