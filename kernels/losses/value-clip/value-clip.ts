import { AttuneError } from '@attune/gpu';
import { operation, type Shader, type Tensor } from '../../contract/index.ts';
import {
  type LossOutputs,
  recordTokenLoss,
  recordTokenLossGradient,
  tokenLossShader,
} from '../token-loss/token-loss.ts';
import forwardText from './value-clip.forward.wgsl';
import { type ValueClipOptions, valueClipReference } from './value-clip.reference.ts';

export { type ValueClipOptions, valueClipReference } from './value-clip.reference.ts';

const plain = tokenLossShader('value-clip.forward', forwardText);
const clipped: Shader = {
  label: plain.label,
  compile: (variant) =>
    plain.compile({ ...variant, defines: { ...variant?.defines, CLIPPED: true } }),
};

export type ValueClipInputs = {
  /** [N] f32: the value model's estimate at each token. */
  readonly values: Tensor;
  /** [N] f32: what was reached from there on. */
  readonly returns: Tensor;
  /** [N] f32: the estimates at sampling, without gradient; with `clipRange` only. */
  readonly oldValues?: Tensor;
  /** [N] f32: 1 for a token of the answer, 0 for any other, or any weight. */
  readonly mask: Tensor;
  /** [1] f32: for instance 1 / Σ mask. */
  readonly scale: Tensor;
};

/**
 * Sums over tokens, each times mask; divide by the first for a mean. `clipped`: tokens clipped by the range;
 * `squaredError`: (v - R)², unclipped. With `return` and `squaredReturn` it gives the explained variance.
 */
export const valueClipMetricNames = [
  'mask',
  'clipped',
  'squaredError',
  'value',
  'return',
  'squaredReturn',
] as const;

/**
 * The value function's loss, scale · Σ ½ (v - R)² · mask, or PPO's pessimistic form: the greater of that and
 * ½ (clip(v, old ± range) - R)².
 * @see Schulman et al. 2016, https://arxiv.org/abs/1506.02438; the clipped form: TRL's PPOTrainer, step 7
 * @throws AttuneError `bad-value` when `clipRange` is negative, or comes without old values
 */
export const valueClip = operation<ValueClipInputs, LossOutputs, ValueClipOptions>({
  name: 'valueClip',
  reference: valueClipReference,
  forward(recorder, { values, returns, oldValues, mask, scale }, { clipRange }) {
    if (clipRange !== undefined && !(clipRange >= 0 && oldValues)) {
      throw new AttuneError(
        'bad-value',
        `clipRange is ${clipRange}, and oldValues were ${oldValues ? '' : 'not '}given.`,
        'Give oldValues and a clipRange of at least 0, or neither.',
      );
    }
    return recordTokenLoss(recorder, {
      source: clipRange === undefined ? plain : clipped,
      inputs: {
        values,
        returns,
        mask,
        ...(clipRange !== undefined && oldValues && { oldValues }),
      },
      scale,
      columns: 7,
      metrics: valueClipMetricNames.length,
      loss: 6,
      params: { range: clipRange ?? 0 },
    });
  },
  backward: (recorder, { outputs, gradients }) => ({
    values: recordTokenLossGradient(recorder, outputs, gradients.loss),
  }),
});
