import type { HostArrays } from '../../contract/index.ts';
import { nanUnlessFinite } from '../token-loss/token-loss.reference.ts';

function totals({ entropy, mask }: HostArrays): [mask: number, entropy: number] {
  let [weights, sum] = [0, 0];
  mask!.data.forEach((weight, i) => {
    weights += weight;
    if (weight !== 0) sum += weight * entropy!.data[i]! + nanUnlessFinite(entropy!.data[i]!);
  });
  return [weights, sum];
}

export const entropyBonusReference = {
  /** loss = -scale Σ entropy mask / max(1, Σ mask). */
  forward(inputs: HostArrays): HostArrays {
    const [weights, sum] = totals(inputs);
    const loss = (-inputs.scale!.data[0]! * sum) / Math.max(1, weights);
    return { loss: { shape: [1], data: Float64Array.of(loss) } };
  },

  /** Σ mask and Σ entropy mask. */
  metrics: (inputs: HostArrays): Float64Array => Float64Array.from(totals(inputs)),

  /** dentropy = -dloss scale mask / max(1, Σ mask). */
  backward(inputs: HostArrays, gradients: HostArrays): HostArrays {
    const [weights] = totals(inputs);
    const factor = (-gradients.loss!.data[0]! * inputs.scale!.data[0]!) / Math.max(1, weights);
    const data = Float64Array.from(inputs.mask!.data, (weight, i) =>
      weight === 0 ? 0 : factor * weight + nanUnlessFinite(inputs.entropy!.data[i]!),
    );
    return { entropy: { shape: inputs.entropy!.shape, data } };
  },
};
