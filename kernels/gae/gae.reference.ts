import type { HostArrays } from '../contract/index.ts';

export interface GaeOptions {
  /** Discount of later rewards, 0 to 1. Default 1, as for completions. */
  readonly gamma?: number;
  /** How far an advantage trusts rewards (1) rather than the next value (0). Default 0.95. */
  readonly lam?: number;
}

export const gaeReference = {
  /** A_t = r_t + γ v_next - v_t + γ λ A_next over the tokens of each sequence that count; R_t = A_t + v_t. */
  forward(inputs: HostArrays, { gamma = 1, lam = 0.95 }: GaeOptions): HostArrays {
    const { rewards, values, bounds, mask } = inputs;
    const count = values!.data.length;
    const advantages = new Float64Array(count);
    const returns = new Float64Array(count);
    for (let row = 0; row < bounds!.shape[0]!; row++) {
      const first = Math.max(0, bounds!.data[2 * row]!);
      const end = Math.min(count, bounds!.data[2 * row + 1]!);
      let [next, advantage] = [0, 0];
      for (let t = end - 1; t >= first; t--) {
        if (mask && mask.data[t] === 0) continue;
        const value = values!.data[t]!;
        advantage = rewards!.data[t]! + gamma * next - value + gamma * lam * advantage;
        advantages[t] = advantage;
        returns[t] = advantage + value;
        next = value;
      }
    }
    const { shape } = values!;
    return { advantages: { shape, data: advantages }, returns: { shape, data: returns } };
  },
};
