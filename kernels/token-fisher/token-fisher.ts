import { AttuneError } from '@attune/gpu';
import {
  elementInclude,
  expectShape,
  operation,
  type Recorder,
  shader,
  type Tensor,
  totalsInclude,
} from '../contract/index.ts';
import { recordColumnSums } from '../matmul/matmul.column-sums.ts';
import { recordMatmul } from '../matmul/matmul.record.ts';
import { logitLanes, tokenLogpsChunk } from '../token-logps/token-logps.ts';
import { type TokenFisherOptions, tokenFisherReference } from './token-fisher.reference.ts';
import rowsText from './token-fisher.rows.wgsl';

export { type TokenFisherOptions, tokenFisherReference } from './token-fisher.reference.ts';

const rowsSource = shader('token-fisher.rows', rowsText, {
  ...elementInclude,
  ...totalsInclude,
});

export type TokenFisherInputs = {
  /** [N, H] f32: what the last norm gives, at each token. */
  readonly hidden: Tensor;
  /** [V, H]: the output layer, in Hugging Face's layout. */
  readonly weight: Tensor;
  /** [N] f32: 1 for a token that counts, 0 for any other (where `hidden` must be finite), or any weight. */
  readonly mask: Tensor;
  /** [1] f32: for instance 1 / Σ mask. */
  readonly scale: Tensor;
  /** [N, H] f32: how `hidden` moves; absent: not at all. */
  readonly hiddenTangent?: Tensor;
  /** [V, H] f32: how `weight` moves, where the output layer is trained. */
  readonly weightTangent?: Tensor;
};

/** Calls `work` on each chunk's rows, the vectors w · F · t standing in place of how its logits moved. */
function eachChunk(
  recorder: Recorder,
  inputs: TokenFisherInputs,
  { chunk, temperature = 1 }: TokenFisherOptions,
  energies: Tensor,
  work: (products: Tensor, window: (of: Tensor) => Tensor) => void = () => {},
): void {
  const { hidden, weight, mask, scale, hiddenTangent, weightTangent } = inputs;
  const [n, width] = hidden.shape as [number, number];
  const vocabulary = weight.shape[0]!;
  const rows = Math.min(n, tokenLogpsChunk([n, width, vocabulary], recorder.traits, chunk));
  const whole = ['logits', 'products'].map((name) => recorder.tensor(name, [rows, vocabulary]));
  const layout = { transposeB: true, scale: 1 / temperature };
  for (let first = 0; first < n; first += rows) {
    const count = Math.min(rows, n - first);
    const window = (of: Tensor) =>
      count === n ? of : recorder.view(of, [count, width], first * width);
    const [logits, tangents] = whole.map((tensor) =>
      count === rows ? tensor : recorder.view(tensor, [count, vocabulary]),
    ) as [Tensor, Tensor];
    recordMatmul(recorder, { a: window(hidden), b: weight, y: logits }, layout);
    let place: { y: Tensor } | { into: Tensor } = { y: tangents };
    if (hiddenTangent) {
      recordMatmul(recorder, { a: window(hiddenTangent), b: weight, ...place }, layout);
      place = { into: tangents };
    }
    if (weightTangent) {
      recordMatmul(recorder, { a: window(hidden), b: weightTangent, ...place }, layout);
    }
    recorder.dispatch(rowsSource, {
      tensors: { logits, tangents, mask, scale, energies },
      defines: { VEC4: vocabulary % 4 === 0, COOPERATIVE: true },
      constants: { SIZE: logitLanes(vocabulary, recorder.traits) },
      params: { first, columns: vocabulary },
      workgroups: [count, 1, 1],
    });
    work(tangents, window);
  }
}

function check(inputs: TokenFisherInputs, { temperature = 1, chunk }: TokenFisherOptions): void {
  const { hidden, weight, mask, scale, hiddenTangent, weightTangent } = inputs;
  expectShape(hidden.name, hidden.shape, [-1, -1]);
  expectShape(weight.name, weight.shape, [-1, hidden.shape[1]!]);
  expectShape(mask.name, mask.shape, [hidden.shape[0]!]);
  expectShape(scale.name, scale.shape, [1]);
  if (hiddenTangent) expectShape('hiddenTangent', hiddenTangent.shape, hidden.shape);
  if (weightTangent) expectShape('weightTangent', weightTangent.shape, weight.shape);
  if (!(temperature > 0) || (chunk !== undefined && !(chunk >= 1))) {
    throw new AttuneError(
      'bad-value',
      `tokenFisher was given temperature ${temperature} and chunk ${chunk}.`,
      'Both must be positive; leave chunk out for the default.',
    );
  }
  if (!hiddenTangent && !weightTangent) {
    throw new AttuneError(
      'missing-input',
      'tokenFisher was given neither hiddenTangent nor weightTangent: no logit moves.',
      'Give how the hidden states move, or the output layer, or both.',
    );
  }
}

/**
 * The Fisher information of a model's next-token distributions along a direction: energy = ½ tᵀ F t, f32 [1], summed
 * over tokens with mask and scale, where t is how a token's logits move and F = diag(p) - p pᵀ. Its gradient by the two
 * tangents is F t brought back through the output layer: half of a Fisher-vector product. Chunked over tokens: no
 * tokens × vocabulary matrix is kept. The energy costs a pass of its own; where nobody reads it, a plan leaves that out.
 * @see Amari 1998, Natural Gradient; Schraudolph 2002, Fast Curvature Matrix-Vector Products; Schulman et al. 2015,
 * https://arxiv.org/abs/1502.05477, appendix C
 * @throws AttuneError `missing-input` where nothing moves, `bad-value`
 */
export const tokenFisher = operation<TokenFisherInputs, { energy: Tensor }, TokenFisherOptions>({
  name: 'tokenFisher',
  accumulates: ['weightTangent'],
  reference: tokenFisherReference,

  forward(recorder, inputs, options) {
    check(inputs, options);
    const n = inputs.hidden.shape[0]!;
    const energies = recorder.tensor('energies', [n]);
    eachChunk(recorder, inputs, options, energies);
    return { energy: recordColumnSums(recorder, recorder.view(energies, [n, 1])) };
  },

  backward(recorder, { inputs, options, gradients, needs, into }) {
    const { hidden, weight } = inputs;
    if (!needs.hiddenTangent && !needs.weightTangent) return {};
    const scale = 1 / (options.temperature ?? 1);
    const dhidden = needs.hiddenTangent && recorder.tensor('dhidden', hidden.shape);
    let dweight = needs.weightTangent ? into.weightTangent : undefined;
    const energies = recorder.tensor('energies', [hidden.shape[0]!]);
    // What is linear in the gradient of the energy can be in its scale.
    const scaled = gradients.energy
      ? recordMatmul(recorder, {
          a: recorder.view(inputs.scale, [1, 1]),
          b: recorder.view(gradients.energy, [1, 1]),
        })
      : inputs.scale;
    const all = { ...inputs, scale: recorder.view(scaled, [1]) };
    eachChunk(recorder, all, options, energies, (products, window) => {
      if (dhidden) {
        recordMatmul(recorder, { a: products, b: weight, y: window(dhidden) }, { scale });
      }
      if (needs.weightTangent) {
        const place = dweight ? { into: dweight } : {};
        const operands = { a: products, b: window(hidden), ...place };
        dweight = recordMatmul(recorder, operands, { transposeA: true, scale });
      }
    });
    return {
      ...(dhidden && { hiddenTangent: dhidden }),
      ...(dweight && { weightTangent: dweight }),
    };
  },
});
