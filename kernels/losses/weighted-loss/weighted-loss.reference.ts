import type { HostArrays } from '../../contract/index.ts';

export interface WeightedLossOptions {
  /** By the inputs' names; 1 where none is given. */
  readonly weights?: Readonly<Record<string, number>>;
}

export const weightedLossReference = {
  /** loss = Σ weight · loss over all inputs. */
  forward(inputs: HostArrays, { weights = {} }: WeightedLossOptions): HostArrays {
    const terms = Object.entries(inputs).map(([name, { data }]) => (weights[name] ?? 1) * data[0]!);
    return { loss: { shape: [1], data: Float64Array.of(terms.reduce((a, b) => a + b, 0)) } };
  },

  /** Each input's gradient is its weight times dloss. */
  backward(
    inputs: HostArrays,
    gradients: HostArrays,
    { weights = {} }: WeightedLossOptions,
  ): HostArrays {
    const slope = (name: string) => (weights[name] ?? 1) * gradients.loss!.data[0]!;
    return Object.fromEntries(
      Object.keys(inputs).map((name) => [name, { shape: [1], data: Float64Array.of(slope(name)) }]),
    );
  },
};
