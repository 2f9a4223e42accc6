import type { HostArrays } from '../contract/index.ts';

export interface PolicyMaskOptions {
  /** With `ratioLogps`: by how much a sequence may have become less likely, in nats a token. */
  readonly threshold?: number;
}

export const policyMaskReference = {
  /** y = weights where the token is learnt from, else 0. */
  forward(inputs: HostArrays, { threshold = 0 }: PolicyMaskOptions): HostArrays {
    const { weights, entropy, members, least, ratioLogps, oldLogps, advantages } = inputs;
    const sorted =
      entropy &&
      Array.from(entropy.data)
        .filter((_, j) => members!.data[j] !== 0)
        .sort((a, b) => a - b);
    const data = Float64Array.from(weights!.data, (weight, i) => {
      const uncertain =
        !sorted ||
        entropy.data[i]! >= sorted[least!.data[0]! - 1]! ||
        !Number.isFinite(entropy.data[i]!);
      const near =
        !ratioLogps ||
        advantages!.data[i]! >= 0 ||
        oldLogps!.data[i]! - ratioLogps.data[i]! <= threshold ||
        !Number.isFinite(oldLogps!.data[i]! - ratioLogps.data[i]!);
      return uncertain && near ? weight : 0;
    });
    return { y: { shape: weights!.shape, data } };
  },
};
