import type { HostArrays } from '../contract/index.ts';
import { nanUnlessFinite } from '../losses/token-loss/token-loss.reference.ts';

const clamp = (x: number) => Math.max(-80, Math.min(80, x));

function tokensOf({ logps, refLogps, ratioLogps, oldLogps }: HostArrays) {
  return Array.from(logps!.data, (logp, i) => {
    const own = ratioLogps ? ratioLogps.data[i]! - oldLogps!.data[i]! : 0;
    const d = clamp(refLogps!.data[i]! - logp) + nanUnlessFinite(logp, refLogps!.data[i]!, own);
    const ratio = Math.exp(clamp(own));
    // e^d - 1 keeps the digits that a small difference would lose.
    return { d, ratio, y: ratio * (Math.expm1(d) - d) };
  });
}

export const tokenKlReference = {
  /** y = ρ (e^d - d - 1), d = refLogp - logp. */
  forward(inputs: HostArrays): HostArrays {
    const data = Float64Array.from(tokensOf(inputs), ({ y }) => y);
    return { y: { shape: inputs.logps!.shape, data } };
  },

  /** dlogp = dy ρ (1 - e^d), and by the ratio's logps dy y. */
  backward(inputs: HostArrays, gradients: HostArrays): HostArrays {
    const tokens = tokensOf(inputs);
    const dy = gradients.y!.data;
    const shape = inputs.logps!.shape;
    const own = Float64Array.from(tokens, ({ d, ratio }, i) => -dy[i]! * ratio * Math.expm1(d));
    const ratio = Float64Array.from(tokens, ({ y }, i) => dy[i]! * y);
    return {
      logps: { shape, data: own },
      ...(inputs.ratioLogps && { ratioLogps: { shape, data: ratio } }),
    };
  },
};
