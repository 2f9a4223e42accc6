import { AttuneError } from '@attune/gpu';
import { expectShape, type Tensor } from '../contract/index.ts';

/** The operands of one product, as `recordMatmul` takes them. */
export interface MatmulTensors {
  /** [m, k], or [k, m] with `transposeA`; with a batch in front, [batch, …]. */
  readonly a: Tensor;
  /** [k, n], or [n, k] with `transposeB`; with the same batch in front as `a`. */
  readonly b: Tensor;
  /** [n], added to every row. */
  readonly bias?: Tensor;
  /** [m, n] or [batch, m, n]: the product is added to what stands here, and this tensor is returned. */
  readonly into?: Tensor;
  /** [m, n] or [batch, m, n]: the product is written here; without it a new tensor is made. */
  readonly y?: Tensor;
}

export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Multiplies the product, before bias and accumulation. Default 1. */
  readonly scale?: number;
}

/** What a variant must compute: y[batch, m, n] = scale · op(a)·op(b) (+ bias) (+ y). */
export interface Problem {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly accumulate: boolean;
  readonly scale: number;
}

/** Sizes of a product from its operands; throws `wrong-shape` where they do not fit. */
export function problemOf(
  { a, b, bias, into, y }: MatmulTensors,
  { transposeA = false, transposeB = false, scale = 1 }: MatmulOptions,
): Problem {
  const rank = a.shape.length;
  if (rank < 2 || rank > 3 || b.shape.length !== rank) {
    throw new AttuneError(
      'wrong-shape',
      `A product of ${a.name} [${a.shape}] and ${b.name} [${b.shape}] was asked for.`,
      'Give two matrices, or two stacks of matrices with the same number in front.',
    );
  }
  const [batch, rowsA, columnsA] = rank === 3 ? a.shape : [1, ...a.shape];
  const [m, k] = transposeA ? [columnsA!, rowsA!] : [rowsA!, columnsA!];
  const front = rank === 3 ? [batch!] : [];
  expectShape(b.name, b.shape, [...front, ...(transposeB ? [-1, k] : [k, -1])]);
  const n = b.shape.at(transposeB ? -2 : -1)!;
  if (bias) expectShape(bias.name, bias.shape, [n]);
  const out = into ?? y;
  if (out) expectShape(out.name, out.shape, [...front, m, n]);
  return { batch: batch!, m, n, k, transposeA, transposeB, accumulate: Boolean(into), scale };
}
