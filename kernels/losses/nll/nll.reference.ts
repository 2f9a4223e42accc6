import type { HostArrays } from '../../contract/index.ts';
import { nanUnlessFinite } from '../token-loss/token-loss.reference.ts';

const total = (weights: ArrayLike<number>, logps: ArrayLike<number>) =>
  Array.from(weights).reduce(
    (sum, w, i) => (w === 0 ? sum : sum + w * logps[i]! + nanUnlessFinite(logps[i]!)),
    0,
  );

export const nllReference = {
  /** loss = -scale Σ w logp. */
  forward({ logps, weights, scale }: HostArrays): HostArrays {
    const loss = -scale!.data[0]! * total(weights!.data, logps!.data);
    return { loss: { shape: [1], data: Float64Array.of(loss) } };
  },

  /** Σ w and Σ -w logp. */
  metrics({ logps, weights }: HostArrays): Float64Array {
    const sum = Array.from(weights!.data).reduce((a, b) => a + b, 0);
    return Float64Array.of(sum, -total(weights!.data, logps!.data));
  },

  /** dlogp = -dloss scale w. */
  backward({ logps, weights, scale }: HostArrays, gradients: HostArrays): HostArrays {
    const factor = -gradients.loss!.data[0]! * scale!.data[0]!;
    const data = Float64Array.from(weights!.data, (w, i) =>
      w === 0 ? 0 : factor * w + nanUnlessFinite(logps!.data[i]!),
    );
    return { logps: { shape: logps!.shape, data } };
  },
};
