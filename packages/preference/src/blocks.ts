import type { PreferenceExamples } from '@attune/trainer';

/** Rows in blocks of `size`; the last one may be short. */
export const blocksOf = <E>(rows: readonly E[], size: number): E[][] =>
  Array.from({ length: Math.ceil(rows.length / size) }, (_, i) =>
    rows.slice(i * size, (i + 1) * size),
  );

/** The same of training examples and of held-out ones. */
export async function ofEach<E>(
  { train, evaluation }: PreferenceExamples<E>,
  change: (examples: readonly E[]) => Promise<readonly E[]>,
): Promise<PreferenceExamples<E>> {
  return {
    train: await change(train),
    ...(evaluation && { evaluation: await change(evaluation) }),
  };
}
