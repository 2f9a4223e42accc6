import type { HostArrays } from '../../contract/index.ts';
import { nanUnlessFinite } from '../token-loss/token-loss.reference.ts';

/** Σ f(w, logp) over the tokens that count. */
function total({ logps, weights }: HostArrays, f: (w: number, logp: number) => number): number {
  let sum = 0;
  weights!.data.forEach((w, i) => {
    if (w !== 0) sum += f(w, logps!.data[i]!) + nanUnlessFinite(logps!.data[i]!);
  });
  return sum;
}

export const dftReference = {
  /** loss = -scale Σ w p logp, p = e^logp. */
  forward(inputs: HostArrays): HostArrays {
    const loss = -inputs.scale!.data[0]! * total(inputs, (w, logp) => w * Math.exp(logp) * logp);
    return { loss: { shape: [1], data: Float64Array.of(loss) } };
  },

  /** Σ w and Σ -w logp. */
  metrics(inputs: HostArrays): Float64Array {
    return Float64Array.of(
      total(inputs, (w) => w),
      total(inputs, (w, logp) => -w * logp),
    );
  },

  /** dlogp = -dloss scale w p: p counts as a constant. */
  backward({ logps, weights, scale }: HostArrays, gradients: HostArrays): HostArrays {
    const factor = -gradients.loss!.data[0]! * scale!.data[0]!;
    const data = Float64Array.from(weights!.data, (w, i) => {
      const logp = logps!.data[i]!;
      return w === 0 ? 0 : factor * w * Math.exp(logp) + nanUnlessFinite(logp);
    });
    return { logps: { shape: logps!.shape, data } };
  },
};
