import { AttuneError } from '@attune/gpu';
import {
  elementInclude,
  elements,
  elementsInclude,
  expectShape,
  type Recorder,
  type Shader,
  shader,
  type Tensor,
  totalsInclude,
} from '../contract/index.ts';
import cleanText from './conjugate-gradient.clean.wgsl';
import coefficientsText from './conjugate-gradient.coefficients.wgsl';
import directionText from './conjugate-gradient.direction.wgsl';
import dotText from './conjugate-gradient.dot.wgsl';
import numbersText from './conjugate-gradient.numbers.wgsl';
import projectText from './conjugate-gradient.project.wgsl';
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
  shader(`conjugate-gradient.${name}`, text, {
    ...elementInclude,
    ...totalsInclude,
    'conjugate-gradient.sums.wgsl': sumsText,
  });
const startSource = withSums('start', startText);
const dotSource = withSums('dot', dotText);
const stepSource = withSums('step', stepText);
const projectSource = withSums('project', projectText);
const coefficientsSource = withSums('coefficients', coefficientsText);
const cleanSource = withSums('clean', cleanText);
const directionSource = withSums('direction', directionText);
const numbersSource = withSums('numbers', numbersText);
const shiftSource = shader('conjugate-gradient.shift', shiftText, elementsInclude);

const parts = 256;

/** All work by quads, and their workgroups add up together. */
const variant = (kept: number, defines: Readonly<Record<string, boolean>> = {}) => ({
  defines: { VEC4: true, COOPERATIVE: true, ...defines },
  constants: { KEPT: kept },
});

/** At most so many earlier residuals can be kept. */
export const mostKeptResiduals = 32;

/** Shape of the f32 tensor that keeps the sums from one dispatch to the next; zeros before the first. */
export const conjugateGradientState = (kept: number) => [6 + 2 * kept, parts] as const;

/** One of the flat buffers that a vector lies in; each tensor [n] f32, n divisible by 4. */
export interface ConjugateGradientFlat {
  /** The product A·direction, added here by whoever computes it; zeros again after each step. */
  readonly product: Tensor;
  /** What the product is asked of. */
  readonly direction: Tensor;
  readonly solution: Tensor;
  readonly residual: Tensor;
  /** [kept, n]: earlier residuals, where such are kept. */
  readonly kept?: Tensor;
}

/** A vector in flat buffers (several where one binding cannot hold it), and the sums over all of them. */
export interface ConjugateGradientTensors {
  readonly flats: readonly ConjugateGradientFlat[];
  /** `conjugateGradientState(kept)` f32, a resident. */
  readonly state: Tensor;
}

/** How many earlier residuals are kept. */
function keptOf({ flats, state }: ConjugateGradientTensors): number {
  const kept = flats[0]?.kept?.shape[0] ?? 0;
  expectShape(state.name, state.shape, conjugateGradientState(kept));
  return kept;
}

/** What one dispatch on a flat needs, beside its source. */
interface FlatDispatch {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly params?: Readonly<Record<string, number>>;
  readonly defines?: Readonly<Record<string, boolean>>;
}

/** Records a dispatch of `source` on each flat, which gets its share of the 256 parts: `size` quads a workgroup. */
function eachFlat(
  recorder: Recorder,
  source: Shader,
  tensors: ConjugateGradientTensors,
  work: (flat: ConjugateGradientFlat, i: number) => FlatDispatch,
  { parted = true } = {},
): void {
  const { flats } = tensors;
  const kept = keptOf(tensors);
  const counts = flats.map(({ direction }) => elements(direction.shape));
  if (flats.length === 0 || flats.length >= parts || counts.some((count) => count % 4 !== 0)) {
    throw new AttuneError(
      'wrong-shape',
      `Conjugate gradients were asked for on ${flats.length} buffers of [${counts}] numbers.`,
      `Give 1 to ${parts - 1} buffers whose lengths 4 divides.`,
    );
  }
  const total = counts.reduce((a, b) => a + b, 0);
  // Each flat gets at least one part; the rest by length, in stretches that keep a workgroup busy.
  const size = Math.max(1024, Math.ceil(total / 4 / Math.max(1, parts - flats.length)));
  let first = 0;
  flats.forEach((flat, i) => {
    const { kept: residuals, ...vectors } = flat;
    for (const tensor of Object.values(vectors)) {
      expectShape(tensor.name, [elements(tensor.shape)], [counts[i]!]);
    }
    if (kept > 0) expectShape('kept', residuals?.shape ?? [], [kept, counts[i]!]);
    const count = counts[i]! / 4;
    const workgroups = Math.ceil(count / size);
    const { tensors: bound, params, defines } = work(flat, i);
    recorder.dispatch(source, {
      tensors: bound,
      ...variant(kept, defines),
      params: { count, size, ...(parted && { first }), ...params },
      workgroups: [workgroups, 1, 1],
    });
    first += workgroups;
  });
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
  eachFlat(recorder, startSource, tensors, ({ product, solution, residual, ...flat }, i) => ({
    tensors: {
      ...{ gradients: product, x: solution, r: residual, p: flat.direction, state },
      ...keep?.[i],
      ...(flat.kept && { kept: flat.kept }),
    },
    params: { factor },
    defines: { START: keep !== undefined, KEEP: flat.kept !== undefined },
  }));
}

/**
 * Records what follows a product z = A·direction: the step along the direction, the new residual, and the direction of
 * the next product. Three dispatches a flat, and no number comes to the CPU; where residuals are kept, two more and one
 * for all flats, and the new residual is made orthogonal to them again (without that, rounding grows with each
 * iteration, up to percents of the solution after ten). `iteration` [1] u32, from 0, is needed then. Where the residual
 * is 0, or the curvature along the direction is not positive, the solution stays.
 * @see Hestenes and Stiefel 1952, Methods of Conjugate Gradients for Solving Linear Systems; why rounding grows: Paige
 * 1971, and Golub and Van Loan, Matrix Computations, section 10.3
 * @throws AttuneError `missing-input` for residuals that are kept without `iteration`
 */
export function recordConjugateGradientStep(
  recorder: Recorder,
  tensors: ConjugateGradientTensors,
  { damping = 0, iteration }: { readonly damping?: number; readonly iteration?: Tensor } = {},
): void {
  const { state } = tensors;
  const kept = keptOf(tensors);
  recordDots(recorder, tensors, damping);
  eachFlat(recorder, stepSource, tensors, ({ product, direction, solution, residual }) => ({
    tensors: { p: direction, z: product, x: solution, r: residual, state },
    params: { damping },
  }));
  if (kept > 0) {
    if (!iteration) {
      throw new AttuneError(
        'missing-input',
        `${kept} residuals are kept, but which iteration it is was not said.`,
        'Pass `iteration`, one u32 that counts from 0.',
      );
    }
    expectShape(iteration.name, iteration.shape, [1]);
    const record = (source: Shader) =>
      eachFlat(recorder, source, tensors, (flat) => ({
        tensors: { r: flat.residual, kept: flat.kept!, iteration, state },
      }));
    record(projectSource);
    recorder.dispatch(coefficientsSource, {
      tensors: { state },
      ...variant(kept),
      workgroups: [kept, 1, 1],
    });
    record(cleanSource);
  }
  const direct = ({ direction, residual }: ConjugateGradientFlat) => ({
    tensors: { r: residual, p: direction, state },
  });
  eachFlat(recorder, directionSource, tensors, direct, { parted: false });
}

function recordDots(recorder: Recorder, tensors: ConjugateGradientTensors, damping: number): void {
  eachFlat(recorder, dotSource, tensors, ({ product, direction }) => ({
    tensors: { p: direction, z: product, state: tensors.state },
    params: { damping },
  }));
}

/** Records that the direction of the next product is the solution. */
export function recordConjugateGradientEnd(
  recorder: Recorder,
  tensors: ConjugateGradientTensors,
): void {
  const take = ({ direction, solution }: ConjugateGradientFlat) => ({
    tensors: { r: solution, p: direction },
    defines: { TAKE: true },
  });
  eachFlat(recorder, directionSource, tensors, take, { parted: false });
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
  recorder.dispatch(numbersSource, {
    tensors: { state: tensors.state, numbers },
    ...variant(keptOf(tensors)),
    workgroups: 1,
  });
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
    defines: { VEC4: true },
    params: { count: count / 4 },
    workgroups: Math.ceil(count / 256),
  });
}
