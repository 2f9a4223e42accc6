import { recordColumnSums } from './matmul.column-sums.ts';
import type { MatmulVariant } from './matmul.operands.ts';
import type { Problem } from './matmul.problem.ts';

/** Tiles of 64 × 64, and how many a GPU should have to work on; rows of k that a slice keeps at least. */
const [tile, wanted, shortest] = [64, 128, 128];

/** In how many slices k is cut: doubled until the GPU has enough to do, or the slices get short. */
function slices({ m, n, k }: Problem): number {
  const tiles = Math.ceil(m / tile) * Math.ceil(n / tile);
  let count = 1;
  while (count * tiles < wanted && k % (2 * count) === 0 && k / (2 * count) >= shortest) count *= 2;
  return count;
}

/**
 * k cut into slices that different workgroups multiply, then the sum of their products: a weight's gradient
 * over many tokens, whose few tiles would leave most of a GPU idle. Rows of k lie one after another in both
 * operands, so the slices are a batch.
 */
export const split: MatmulVariant = {
  name: 'split',
  canRun: (_, problem) => {
    const { batch, m, n, rank, transposeA, transposeB, blocks, joined } = problem;
    const plain = batch === 1 && rank === 0 && !blocks && !joined;
    return plain && transposeA && !transposeB && m * n <= tile ** 2 * wanted && slices(problem) > 1;
  },
  untuned: true,
  // What is narrower than a tile goes to `sliced`, in one dispatch.
  suits: ({ software }, { m, n }) => !software && Math.min(m, n) >= tile,
  record(recorder, { a, b, y }, problem, multiply) {
    const { m, n, k, accumulate } = problem;
    const batch = slices(problem);
    const slice = k / batch;
    const part = { ...problem, batch, k: slice, accumulate: false };
    const products = recorder.tensor('products of slices', [batch, m, n]);
    multiply(
      {
        a: recorder.view(a, [batch, slice, m]),
        b: recorder.view(b, [batch, slice, n]),
        ...{ low: undefined, up: undefined, bias: undefined, addend: undefined },
        y: products,
      },
      part,
    );
    const lines = recorder.view(products, [batch, m * n]);
    recordColumnSums(recorder, lines, recorder.view(y, [m * n]), accumulate);
  },
};
