import {
  type KernelTraits,
  type Recorder,
  type Shader,
  shader,
  type Tensor,
} from '../contract/index.ts';
import { rowUnit, scalesAt, weightDefines, weightReader } from '../quantised/quantised.ts';
import fourKText from './matmul.four-k.wgsl';
import operandsText from './matmul.operands.wgsl';
import type { Problem } from './matmul.problem.ts';

/** The tensors of one product once the result has its place. */
export interface Operands {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly low: Tensor | undefined;
  readonly up: Tensor | undefined;
  readonly bias: Tensor | undefined;
  readonly addend: Tensor | undefined;
  readonly y: Tensor;
}

/** Records one product. */
export type Multiply = (operands: Operands, problem: Problem) => void;

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
  /** `multiply` records products that are parts of this one, each by the variant that suits it. */
  record(recorder: Recorder, operands: Operands, problem: Problem, multiply: Multiply): void;
}

/** The shader of a variant that includes matmul.operands.wgsl. */
export function withOperands(name: string, text: string): Shader {
  return shader(`matmul.${name}`, text, {
    'matmul.operands.wgsl': operandsText,
    'matmul.four-k.wgsl': fourKText,
    'quantised.wgsl': weightReader('b'),
  });
}

/** Whether matmul.operands.wgsl can read the operands: all but f32 is read by fours, blocks fill rows. */
export function canRead({ m, n, k, transposeA, transposeB, formatA, formatB }: Problem): boolean {
  const readsA = formatA === 'f32' || (formatA === 'f16' && (transposeA ? m : k) % 4 === 0);
  return readsA && (transposeB ? k : n) % rowUnit(formatB) === 0;
}

/** Whether the product can be computed transposed: the shaders read only b in a weight's format. */
export function canTurn({ formatA, formatB }: Problem): boolean {
  return formatA === 'f32' && formatB === 'f32';
}

/** Whether the low-rank pair can be read by fours. */
export function joinsLowRank({ rank, n, transposeB }: Problem): boolean {
  return rank % 4 === 0 && (transposeB || n % 4 === 0);
}

function vectors({ m, n, k, transposeA, transposeB }: Problem) {
  return {
    VECTOR_A: (transposeA ? m : k) % 4 === 0,
    VECTOR_B: (transposeB ? k : n) % 4 === 0,
  };
}

/** The transposed problem, whose a is b and whose b is a: yᵀ = op(b)ᵀ·op(a)ᵀ. */
export function turned(problem: Problem): Problem {
  const { m, n, transposeA, transposeB, formatA, formatB } = problem;
  return {
    ...problem,
    m: n,
    n: m,
    transposeA: !transposeB,
    transposeB: !transposeA,
    formatA: formatB,
    formatB: formatA,
  };
}

/** Where the blocks meet; one corner alone stands for both, with an empty block between. */
function corners(blocks: Problem['blocks'] = []) {
  const [[row1, column1] = [0, 0], [row2, column2] = [row1, column1]] = blocks;
  return { row1, row2, column1, column2 };
}

/**
 * Tensors, defines and params of matmul.operands.wgsl for `problem`, which `turn` says is transposed.
 * `step` is how many k the variant's loop takes at a time.
 */
export function bindOperands(
  problem: Problem,
  { a, b, low, up, bias, addend, y }: Operands,
  { turn = false, step = 4 } = {},
) {
  const { m, n, k, rank, scale, transposeA, transposeB, accumulate, blocks } = problem;
  return {
    tensors: {
      a: turn ? b : a,
      b: turn ? a : b,
      y,
      ...(low && { low }),
      ...(up && { up }),
      ...(bias && { bias }),
      ...(addend && { addend }),
    },
    defines: {
      TRANSPOSE_A: transposeA,
      TRANSPOSE_B: transposeB,
      TRANSPOSE_Y: turn,
      ...vectors(problem),
      VECTOR_Y: (turn ? m : n) % 4 === 0,
      HALF_A: problem.formatA === 'f16',
      ...weightDefines(problem.formatB),
      ODD_K: k % step !== 0,
      LOW_RANK: rank > 0,
      BIAS: Boolean(bias),
      ADDEND: Boolean(addend),
      ACCUMULATE: accumulate,
      BLOCKS: blocks !== undefined,
    },
    params: { m, n, k, rank, scale, scales: scalesAt(b), ...corners(blocks) },
  };
}
