import type { HostArrays } from '../../contract/index.ts';
import { nanUnlessFinite } from '../token-loss/token-loss.reference.ts';

export interface VespoOptions {
  /** Exponent and decay of the weight of sequences with A ≥ 0. Default 2 and 3. */
  readonly kPos?: number;
  readonly lambdaPos?: number;
  /** Of the others. Default 3 and 2. */
  readonly kNeg?: number;
  readonly lambdaNeg?: number;
}

const clamp = (x: number, low: number, high: number) => Math.max(low, Math.min(high, x));

/** φ of each member’s sequence; 0 for tokens that are none. */
export function vespoWeights(inputs: HostArrays, options: VespoOptions): Float64Array {
  const { logps, oldLogps, members, advantages, bounds } = inputs;
  const { kPos = 2, lambdaPos = 3, kNeg = 3, lambdaNeg = 2 } = options;
  const phi = new Float64Array(logps!.data.length);
  for (let row = 0; row < bounds!.shape[0]!; row++) {
    const [start, end] = [bounds!.data[2 * row]!, bounds!.data[2 * row + 1]!];
    let sum = 0;
    for (let i = start; i < end; i++) {
      if (members!.data[i] === 0) continue;
      const [logp, old] = [logps!.data[i]!, oldLogps!.data[i]!];
      sum += members!.data[i]! * clamp(logp - old, -20, 20) + nanUnlessFinite(logp, old);
    }
    const logw = clamp(sum, Math.log(1e-8), 20);
    const [k, lambda] = advantages!.data[start]! >= 0 ? [kPos, lambdaPos] : [kNeg, lambdaNeg];
    const weight = Math.exp(lambda + k * logw - lambda * Math.exp(logw));
    for (let i = start; i < end; i++) phi[i] = members!.data[i]! * weight;
  }
  return phi;
}

/** What each log-probability is multiplied by, and φ. */
function slopes(inputs: HostArrays, options: VespoOptions) {
  const phi = vespoWeights(inputs, options);
  return Array.from(inputs.mask!.data, (weight, i) => {
    const [logp, advantage] = [inputs.logps!.data[i]!, inputs.advantages!.data[i]!];
    const slope = -weight * phi[i]! * advantage + nanUnlessFinite(logp, advantage);
    return { weight, phi: phi[i]!, slope: weight === 0 ? 0 : slope };
  });
}

export const vespoReference = {
  /** loss = scale Σ -φ A logp mask. */
  forward(inputs: HostArrays, options: VespoOptions): HostArrays {
    const loss = slopes(inputs, options).reduce(
      (sum, { slope }, i) => (slope === 0 ? sum : sum + slope * inputs.logps!.data[i]!),
      0,
    );
    return { loss: { shape: [1], data: Float64Array.of(inputs.scale!.data[0]! * loss) } };
  },

  /** Sums over the mask, as `vespoMetricNames` names them. */
  metrics(inputs: HostArrays, options: VespoOptions): Float64Array {
    const tokens = slopes(inputs, options);
    return Float64Array.of(
      tokens.reduce((sum, { weight }) => sum + weight, 0),
      tokens.reduce((sum, { weight, phi }) => sum + weight * phi, 0),
    );
  },

  /** dlogp = -dloss scale φ A mask: φ is a weight, not a function of logp. */
  backward(inputs: HostArrays, gradients: HostArrays, options: VespoOptions): HostArrays {
    const factor = gradients.loss!.data[0]! * inputs.scale!.data[0]!;
    const data = slopes(inputs, options).map(({ slope }) => factor * slope);
    return { logps: { shape: inputs.logps!.shape, data: Float64Array.from(data) } };
  },
};
