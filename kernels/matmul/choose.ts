import type { KernelTraits, Recorder, Tensor } from '../contract/index.ts';
import { broadcast } from './broadcast.ts';
import { naive } from './naive.ts';
import type { Problem } from './problem.ts';

/** The tensors of one product once the result has its place. */
export interface Operands {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly bias: Tensor | undefined;
  readonly y: Tensor;
}

/** One way to multiply. */
export interface MatmulVariant {
  readonly name: string;
  /** Whether the adapter and the sizes allow it at all. */
  canRun(traits: KernelTraits, problem: Problem): boolean;
  record(recorder: Recorder, operands: Operands, problem: Problem): void;
}

/** Best first: the first that can run is taken. */
export const matmulVariants: readonly MatmulVariant[] = [broadcast, naive];

let forced: string | undefined;

/** Makes every following product use the variant of that name where it can run; for tests and tuning. */
export function forceMatmulVariant(name: string | undefined): void {
  forced = name;
}

export function chooseMatmul(traits: KernelTraits, problem: Problem): MatmulVariant {
  const able = matmulVariants.filter((variant) => variant.canRun(traits, problem));
  return able.find((variant) => variant.name === forced) ?? able[0]!;
}
