import { AttuneError } from '@attune/gpu';
import {
  elementInclude,
  expectShape,
  numericInclude,
  operation,
  shader,
  type Tensor,
  totalsInclude,
} from '../contract/index.ts';
import { recordMatmul } from '../matmul/matmul.record.ts';
import { logitLanes, tokenLogpsChunk } from '../token-logps/token-logps.ts';
import {
  type TokenDivergenceOptions,
  tokenDivergenceReference,
} from './token-divergence.reference.ts';
import rowsText from './token-divergence.rows.wgsl';

export {
  type TokenDivergenceOptions,
  tokenDivergenceReference,
} from './token-divergence.reference.ts';

const rowsSource = shader('token-divergence.rows', rowsText, {
  ...elementInclude,
  ...numericInclude,
  ...totalsInclude,
});

export type TokenDivergenceInputs = {
  /** [N, H] f32: what the last norm of the policy as it is now gives, at each token. */
  readonly hidden: Tensor;
  /** [V, H]: its output layer. */
  readonly weight: Tensor;
  /** [N, H] f32: what the last norm of the policy as it was gave. */
  readonly oldHidden: Tensor;
  /** [V, H]: the output layer as it was; absent: `weight`, which does not train. */
  readonly oldWeight?: Tensor;
  /** [N] f32: 1 for a token that counts, 0 for any other, or any weight. */
  readonly mask: Tensor;
  /** [1] f32: for instance 1 / Σ mask. */
  readonly scale: Tensor;
};

/**
 * How far a policy has moved: KL(old ‖ new) of the next-token distributions over the whole vocabulary, exact, without
 * gradient. `divergences` f32 [N] in nats; `kl` f32 [1] = scale · Σ mask · divergences. Chunked over tokens: no
 * tokens × vocabulary matrix is kept. Never negative, and exactly 0 where both are bit for bit the same.
 * @see Schulman et al. 2015, https://arxiv.org/abs/1502.05477, equation 12: TRPO's constraint
 * @throws AttuneError `bad-value`
 */
export const tokenDivergence = operation<
  TokenDivergenceInputs,
  { kl: Tensor; divergences: Tensor },
  TokenDivergenceOptions
>({
  name: 'tokenDivergence',
  reference: tokenDivergenceReference,
  forward(recorder, inputs, { temperature = 1, chunk }) {
    const { hidden, weight, oldHidden, oldWeight = weight, mask, scale } = inputs;
    if (!(temperature > 0) || (chunk !== undefined && !(chunk >= 1))) {
      throw new AttuneError(
        'bad-value',
        `tokenDivergence was given temperature ${temperature} and chunk ${chunk}.`,
        'Both must be positive; leave chunk out for the default.',
      );
    }
    expectShape(hidden.name, hidden.shape, [-1, -1]);
    const [n, width] = hidden.shape as [number, number];
    expectShape(weight.name, weight.shape, [-1, width]);
    expectShape(oldHidden.name, oldHidden.shape, hidden.shape);
    expectShape(oldWeight.name, oldWeight.shape, weight.shape);
    expectShape(mask.name, mask.shape, [n]);
    expectShape(scale.name, scale.shape, [1]);
    const vocabulary = weight.shape[0]!;
    const rows = Math.min(n, tokenLogpsChunk([n, width, vocabulary], recorder.traits, chunk));
    const divergences = recorder.tensor('divergences', [n]);
    const whole = ['logits', 'oldLogits'].map((name) => recorder.tensor(name, [rows, vocabulary]));
    for (let first = 0; first < n; first += rows) {
      const count = Math.min(rows, n - first);
      const pairs = [
        [hidden, weight],
        [oldHidden, oldWeight],
      ] as const;
      const [logits, oldLogits] = pairs.map(([states, layer], i) => {
        const y = count === rows ? whole[i]! : recorder.view(whole[i]!, [count, vocabulary]);
        const a = count === n ? states : recorder.view(states, [count, width], first * width);
        return recordMatmul(
          recorder,
          { a, b: layer, y },
          { transposeB: true, scale: 1 / temperature },
        );
      }) as [Tensor, Tensor];
      recorder.dispatch(rowsSource, {
        tensors: { logits, oldLogits, mask, divergences },
        defines: { VEC4: vocabulary % 4 === 0, COOPERATIVE: true },
        constants: { SIZE: logitLanes(vocabulary, recorder.traits) },
        params: { first, columns: vocabulary },
        workgroups: [count, 1, 1],
      });
    }
    const row = (of: Tensor) => recorder.view(of, [1, n]);
    const sum = { a: row(mask), b: row(divergences) };
    const total = recordMatmul(recorder, sum, { transposeB: true });
    const kl = recordMatmul(recorder, { a: recorder.view(scale, [1, 1]), b: total });
    return { kl: recorder.view(kl, [1]), divergences };
  },
});
