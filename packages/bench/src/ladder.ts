import type { Gpu } from '@attune/gpu';
import { type Bench, forceMatmulVariant, matmulVariants } from '@attune/kernels';
import { type BenchRow, ours, runBench } from './run.ts';

export const ladderName = 'ladder';

/** The variants that can multiply m × k by k × n in float32 on this adapter, the slowest kind first. */
function able({ traits }: Gpu, [m, n, k]: readonly [number, number, number]): string[] {
  const plain = { batch: 1, rank: 0, accumulate: false, scale: 1 };
  const layout = { transposeA: false, transposeB: false, formatA: 'f32', formatB: 'f32' } as const;
  return matmulVariants
    .filter((variant) => variant.canRun(traits, { m, n, k, ...plain, ...layout }))
    .map(({ name }) => name)
    .reverse();
}

/** Every variant of matmul that can run, at each product of `benches`: a row each, with the variant's name. */
export async function* runLadder(
  gpu: Gpu,
  benches: readonly Bench[],
  { rounds = 3 }: { rounds?: number } = {},
): AsyncGenerator<BenchRow> {
  for (const bench of benches) {
    for (const name of bench.product ? able(gpu, bench.product) : []) {
      forceMatmulVariant(name);
      try {
        const found = (await runBench(gpu, bench, { rounds })).find((row) => row.name === ours)!;
        yield { ...found, name };
      } finally {
        forceMatmulVariant(undefined);
      }
    }
  }
}
