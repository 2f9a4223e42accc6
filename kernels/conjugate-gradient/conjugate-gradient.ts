import { AttuneError } from '@attune/gpu';
import {
  elements,
  expectShape,
  type Recorder,
  type Shader,
  shader,
  type Tensor,
} from '../contract/index.ts';
import directionText from './conjugate-gradient.direction.wgsl';
import dotText from './conjugate-gradient.dot.wgsl';
import numbersText from './conjugate-gradient.numbers.wgsl';
import shiftText from './conjugate-gradient.shift.wgsl';
import startText from './conjugate-gradient.start.wgsl';
import stepText from './conjugate-gradient.step.wgsl';
import sumsText from './conjugate-gradient.sums.wgsl';

export {
  conjugateGradientReference,
  type MatrixProduct,
  type Solved,
} from './conjugate-gradient.reference.ts';

const withSums = (name: string, text: string) =>
  shader(`conjugate-gradient.${name}`, `${text}\n${sumsText}`);
const startSource = withSums('start', startText);
const dotSource = withSums('dot', dotText);
const stepSource = withSums('step', stepText);
const directionSource = withSums('direction', directionText);
const numbersSource = withSums('numbers', numbersText);
const shiftSource = shader('conjugate-gradient.shift', shiftText);

const parts = 256;

/** Shape of the f32 tensor that keeps the sums from one dispatch to the next; zeros before the first. */
export const conjugateGradientState = [5, parts] as const;

/** One of the flat buffers that a vector lies in; each tensor [n] f32, n divisible by 4. */
export interface ConjugateGradientFlat {
  /** The product A·direction, added here by whoever computes it; zeros again after each step. */
  readonly product: Tensor;
  /** What the product is asked of. */
  readonly direction: Tensor;
  readonly solution: Tensor;
  readonly residual: Tensor;
}

/** A vector in flat buffers (several where one binding cannot hold it), and the sums over all of them. */
export interface ConjugateGradientTensors {
  readonly flats: readonly ConjugateGradientFlat[];
  /** `conjugateGradientState` f32, a resident. */
  readonly state: Tensor;
}

/** Calls `work` on each flat with its share of the 256 parts: `size` quads a workgroup. */
function eachFlat(
  { flats, state }: ConjugateGradientTensors,
  work: (
    flat: ConjugateGradientFlat,
    i: number,
    grid: { params: { count: number; size: number; first: number }; workgroups: number },
  ) => void,
): void {
  expectShape(state.name, state.shape, conjugateGradientState);
  const counts = flats.map(({ direction }) => elements(direction.shape));
  if (flats.length === 0 || flats.length >= parts || counts.some((count) => count % 4 !== 0)) {
    throw new AttuneError(
      'wrong-shape',
      `Conjugate gradients were asked for on ${flats.length} buffers of [${counts}] numbers.`,
      `Give 1 to ${parts - 1} buffers whose lengths 4 divides.`,
    );
  }
  const total = counts.reduce((a, b) => a + b, 0);
  // Each flat gets at least one part; the rest by length, in blocks that keep a workgroup busy.
  const size = Math.max(1024, Math.ceil(total / 4 / Math.max(1, parts - flats.length)));
  let first = 0;
  flats.forEach((flat, i) => {
    for (const tensor of Object.values(flat) as Tensor[]) {
      expectShape(tensor.name, [elements(tensor.shape)], [counts[i]!]);
    }
    const count = counts[i]! / 4;
    const workgroups = Math.ceil(count / size);
    work(flat, i, { params: { count, size, first }, workgroups });
    first += workgroups;
  });
}

function dispatch(
  recorder: Recorder,
  source: Shader,
  tensors: Record<string, Tensor>,
  params: Record<string, number>,
  workgroups: number,
  defines: Record<string, boolean> = {},
): void {
  recorder.dispatch(source, { tensors, params, workgroups: [workgroups, 1, 1], defines });
}

/**
 * Records the start of conjugate gradients for A x = b from x = 0, b being `factor` times what stands in `product`: the
 * residual and the direction are b, the solution and the product 0. With `keep`, each flat's parameters are copied to
 * its `start`. One dispatch a flat.
 */
export function recordConjugateGradientStart(
  recorder: Recorder,
  tensors: ConjugateGradientTensors,
  {
    factor = 1,
    keep,
  }: {
    readonly factor?: number;
    readonly keep?: readonly { readonly parameters: Tensor; readonly start: Tensor }[];
  } = {},
): void {
  const { state } = tensors;
  eachFlat(tensors, ({ product, direction, solution, residual }, i, grid) => {
    dispatch(
      recorder,
      startSource,
      { gradients: product, x: solution, r: residual, p: direction, state, ...keep?.[i] },
      { ...grid.params, factor },
      grid.workgroups,
      { KEEP: keep !== undefined },
    );
  });
}

/**
 * Records what follows a product z = A·direction: the step along the direction, the new residual, and the direction of
 * the next product. Three dispatches a flat, and no number comes to the CPU. Where the residual is 0, or the curvature
 * along the direction is not positive, the solution stays.
 * @see Hestenes and Stiefel 1952, Methods of Conjugate Gradients for Solving Linear Systems
 */
export function recordConjugateGradientStep(
  recorder: Recorder,
  tensors: ConjugateGradientTensors,
  { damping = 0 }: { readonly damping?: number } = {},
): void {
  const { state } = tensors;
  recordDots(recorder, tensors, damping);
  eachFlat(tensors, ({ product, direction, solution, residual }, _, grid) => {
    dispatch(
      recorder,
      stepSource,
      { p: direction, z: product, x: solution, r: residual, state },
      { ...grid.params, damping },
      grid.workgroups,
    );
  });
  eachFlat(tensors, ({ direction, residual }, _, { params, workgroups }) => {
    const { count, size } = params;
    dispatch(
      recorder,
      directionSource,
      { r: residual, p: direction, state },
      { count, size },
      workgroups,
    );
  });
}

function recordDots(recorder: Recorder, tensors: ConjugateGradientTensors, damping: number): void {
  const { state } = tensors;
  eachFlat(tensors, ({ product, direction }, _, grid) => {
    dispatch(
      recorder,
      dotSource,
      { p: direction, z: product, state },
      { ...grid.params, damping },
      grid.workgroups,
    );
  });
}

/** Records that the direction of the next product is the solution. */
export function recordConjugateGradientEnd(
  recorder: Recorder,
  tensors: ConjugateGradientTensors,
): void {
  eachFlat(tensors, ({ direction, solution }, _, { params, workgroups }) => {
    const { count, size } = params;
    const defines = { TAKE: true };
    dispatch(
      recorder,
      directionSource,
      { r: solution, p: direction },
      { count, size },
      workgroups,
      defines,
    );
  });
}

/**
 * Records the figures of a solution after `recordConjugateGradientEnd` and one more product, f32 [4]: its curvature
 * x · (A + damping I) x, |x|, |r|, |b|.
 */
export function recordConjugateGradientNumbers(
  recorder: Recorder,
  tensors: ConjugateGradientTensors,
  { damping = 0 }: { readonly damping?: number } = {},
): Tensor {
  recordDots(recorder, tensors, damping);
  const numbers = recorder.tensor('numbers', [4]);
  dispatch(recorder, numbersSource, { state: tensors.state, numbers }, {}, 1);
  return numbers;
}

/**
 * Records parameters = start + factor · solution, a try of a line search, of one flat; all [n] f32 with n divisible by
 * 4, factor [1]. A factor of 0 gives the start back, bit for bit.
 */
export function recordShift(
  recorder: Recorder,
  {
    parameters,
    start,
    solution,
    factor,
  }: {
    readonly parameters: Tensor;
    readonly start: Tensor;
    readonly solution: Tensor;
    readonly factor: Tensor;
  },
): void {
  const count = elements(parameters.shape);
  for (const tensor of [parameters, start, solution]) {
    expectShape(tensor.name, [elements(tensor.shape)], [Math.ceil(count / 4) * 4]);
  }
  expectShape(factor.name, factor.shape, [1]);
  recorder.dispatch(shiftSource, {
    tensors: { start, x: solution, factor, parameters },
    params: { count: count / 4 },
    workgroups: Math.ceil(count / 256),
  });
}
