import { AttuneError } from '@attune/gpu';
import { type Dtype, expectShape, type Tensor } from '../contract/index.ts';

/** The operands of one product, as `recordMatmul` takes them. */
export interface MatmulTensors {
  /** [m, k], or [k, m] with `transposeA`; with a batch in front, [batch, …]. */
  readonly a: Tensor;
  /** [k, n], or [n, k] with `transposeB`; with the same batch in front as `a`. */
  readonly b: Tensor;
  /** Shape [m, rank]; with `up`, low·op(up) joins the product, as LoRA needs. No batches. */
  readonly low?: Tensor | undefined;
  /** [rank, n], or [n, rank] with `transposeB`. */
  readonly up?: Tensor | undefined;
  /** [n], added to every row. */
  readonly bias?: Tensor | undefined;
  /** As y, added to the product: a residual. */
  readonly addend?: Tensor | undefined;
  /** [m, n] or [batch, m, n]: the product is added to what stands here, and this tensor is returned. */
  readonly into?: Tensor;
  /** [m, n] or [batch, m, n]: the product is written here; without it a new tensor is made. */
  readonly y?: Tensor;
}

export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Multiplies the product, before bias, addend and accumulation. Default 1. */
  readonly scale?: number;
  /**
   * Only blocks along the diagonal of y are wanted: one or two corners [row, column] where they meet, in
   * ascending order. Outside them the product counts as zero. No batches.
   */
  readonly blocks?: readonly Corner[];
}

/** Where two blocks of a block-diagonal matrix meet: the first row and column of the second. */
export type Corner = readonly [row: number, column: number];

/** What a variant must compute: y[batch, m, n] = scale · (op(a)·op(b) + low·op(up)) (+ bias) (+ addend) (+ y). */
export interface Problem {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Columns of `low`; 0 without. */
  readonly rank: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** How a and b hold their numbers: a f32 or f16, b in any format of a weight. */
  readonly formatA: Dtype;
  readonly formatB: Dtype;
  readonly accumulate: boolean;
  /** A bias or an addend joins it. */
  readonly joined?: boolean;
  readonly scale: number;
  readonly blocks?: readonly Corner[];
}

/** Classes of products that one variant serves best, with its name. */
export type MatmulChoices = Readonly<Record<string, string>>;

/** The class of a product: which operands are transposed, and whether the result is a row, thin or large. */
export function matmulClass({ m, n, transposeA, transposeB }: Problem): string {
  const size = m === 1 ? 'row' : Math.min(m, n) <= 16 ? 'thin' : 'large';
  return `${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'} ${size}`;
}

/** Sizes of a product from its operands; throws `wrong-shape` where they do not fit. */
export function problemOf(
  { a, b, low, up, bias, addend, into, y }: MatmulTensors,
  { transposeA = false, transposeB = false, scale = 1, blocks }: MatmulOptions,
): Problem {
  const dimensions = a.shape.length;
  if (dimensions < 2 || dimensions > 3 || b.shape.length !== dimensions || !low !== !up) {
    throw new AttuneError(
      'wrong-shape',
      `A product of ${a.name} [${a.shape}] and ${b.name} [${b.shape}] was asked for${low || up ? ', with half a low-rank pair' : ''}.`,
      'Give two matrices, or two stacks of matrices with the same number in front; low and up together.',
    );
  }
  const stacked = dimensions === 3;
  const [batch, rowsA, columnsA] = stacked ? a.shape : [1, ...a.shape];
  const [m, k] = transposeA ? [columnsA!, rowsA!] : [rowsA!, columnsA!];
  const front = stacked ? [batch!] : [];
  expectShape(b.name, b.shape, [...front, ...(transposeB ? [-1, k] : [k, -1])]);
  const n = b.shape.at(transposeB ? -2 : -1)!;
  const rank = low?.shape.at(-1) ?? 0;
  if (low && up) {
    expectShape(low.name, low.shape, [m, rank]);
    expectShape(up.name, up.shape, transposeB ? [n, rank] : [rank, n]);
    if (stacked) expectShape(a.name, a.shape, [m, k]);
  }
  if (bias) expectShape(bias.name, bias.shape, [n]);
  for (const out of [addend, into, y]) {
    if (out) expectShape(out.name, out.shape, [...front, m, n]);
  }
  if (blocks && (stacked || blocks.length < 1 || blocks.length > 2)) {
    throw new AttuneError(
      'bad-value',
      `A product with ${blocks.length} corners between blocks${stacked ? ' and batches' : ''} was asked for.`,
      'Give one or two corners, and no batches.',
    );
  }
  const sizes = { batch: batch!, m, n, k, rank };
  const formats = { formatA: a.dtype, formatB: b.dtype };
  return {
    ...sizes,
    ...formats,
    ...(blocks && { blocks }),
    ...((bias || addend) && { joined: true }),
    transposeA,
    transposeB,
    accumulate: Boolean(into),
    scale,
  };
}
