import { AttuneError } from '@attune/gpu';
import {
  expectShape,
  finiteInclude,
  operation,
  segmentsInclude,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import { recordSpread } from '../../segment-spread/segment-spread.ts';
import type { PpoClipInputs } from '../ppo-clip/ppo-clip.ts';
import {
  type LossOutputs,
  recordTokenLoss,
  recordTokenLossGradient,
  tokenLossShader,
} from '../token-loss/token-loss.ts';
import forwardText from './vespo.forward.wgsl';
import { type VespoOptions, vespoReference } from './vespo.reference.ts';
import weightsText from './vespo.weights.wgsl';

export { type VespoOptions, vespoReference } from './vespo.reference.ts';

const weightsSource = shader('vespo.weights', weightsText, {
  ...segmentsInclude,
  ...finiteInclude,
});
const source = tokenLossShader('vespo.forward', forwardText);

export type VespoInputs = PpoClipInputs & {
  /** [N] f32: 1 for a token of its sequence's ratio, 0 for any other. */
  readonly members: Tensor;
  /** [R, 2] i32: where each sequence starts and ends (exclusive) among the tokens. */
  readonly bounds: Tensor;
};

/** Sums over tokens, each times mask; `phi`: the weight of the token's sequence. */
export const vespoMetricNames = ['mask', 'phi'] as const;

/**
 * Variational sequence-level soft policy optimisation: scale · Σ -φ(w) A logps · mask with w the ratio of the whole
 * sequence and φ(w) = w^k e^(λ (1 - w)), a constant. Sequences that the policy has left fade out. TRL's `vespo`.
 * Advantages are the same for all tokens of a sequence.
 * @see Shen et al. 2026, https://arxiv.org/abs/2602.10693
 * @throws AttuneError `bad-value` unless all four numbers are positive
 */
export const vespo = operation<VespoInputs, LossOutputs, VespoOptions>({
  name: 'vespo',
  reference: vespoReference,
  forward(recorder, inputs, { kPos = 2, lambdaPos = 3, kNeg = 3, lambdaNeg = 2 }) {
    const { logps, oldLogps, advantages, members, bounds, mask, scale } = inputs;
    if (![kPos, lambdaPos, kNeg, lambdaNeg].every((number) => number > 0)) {
      throw new AttuneError(
        'bad-value',
        `VESPO was given k ${kPos} and ${kNeg}, λ ${lambdaPos} and ${lambdaNeg}.`,
        'Give four positive numbers; 2 and 3, 3 and 2 are usual.',
      );
    }
    for (const tensor of [oldLogps, members, advantages]) {
      expectShape(tensor.name, tensor.shape, logps.shape);
    }
    expectShape(bounds.name, bounds.shape, [-1, 2]);
    const [count, rows] = [logps.shape[0]!, bounds.shape[0]!];
    const perRow = recorder.tensor('phi', [rows]);
    recorder.dispatch(weightsSource, {
      tensors: { logps, oldLogps, members, advantages, bounds, phi: perRow },
      params: { count, rows, kPos, lambdaPos, kNeg, lambdaNeg },
      workgroups: rows,
    });
    const phi = recordSpread(recorder, { x: perRow, weights: members, bounds });
    return recordTokenLoss(recorder, {
      source,
      inputs: { logps, phi, advantages, mask },
      scale,
      columns: 3,
      metrics: vespoMetricNames.length,
      loss: 2,
    });
  },
  backward: (recorder, { outputs, gradients }) => ({
    logps: recordTokenLossGradient(recorder, outputs, gradients.loss),
  }),
});
