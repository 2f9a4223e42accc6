import { AttuneError } from '@attune/gpu';
import {
  numericInclude,
  type Operation,
  operation,
  type Recorder,
  type Tensor,
} from '../../contract/index.ts';
import {
  type LossOutputs,
  recordTokenLoss,
  recordTokenLossGradient,
  tokenLossShader,
} from '../token-loss/token-loss.ts';
import forwardText from './kto.forward.wgsl';
import { type KtoOptions, ktoReference } from './kto.reference.ts';

export { type KtoOptions, ktoReference } from './kto.reference.ts';

const source = tokenLossShader('kto.forward', forwardText, numericInclude);

export type UnpairedInputs = {
  /** [B] f32: summed log-probabilities of the answers. */
  readonly logps: Tensor;
  /** [B] f32: those under the reference model. */
  readonly refLogps: Tensor;
  /** [B] f32: 1 desirable, 0 undesirable, -1 padding, which stands last. */
  readonly labels: Tensor;
  /** [1] f32: for instance 1 / answers. */
  readonly scale: Tensor;
};

export type KtoInputs = UnpairedInputs & {
  /** [B] f32: summed log-probabilities of mismatched answers, another row's to each prompt; without gradient. */
  readonly klLogps: Tensor;
  /** [B] f32: those under the reference model. */
  readonly refKlLogps: Tensor;
};

/** TRL's names; sums over the answers of each kind, counted by the first two; `kl` is z itself. */
export const ktoMetricNames = [
  'count/chosen',
  'count/rejected',
  'rewards/chosen',
  'rewards/rejected',
  'logps/chosen',
  'logps/rejected',
  'kl',
] as const;

/** Records the loss around z, or around 0 where no mismatched answers are given. */
export function recordKto(
  recorder: Recorder,
  { scale, ...inputs }: UnpairedInputs | KtoInputs,
  { beta = 0.1, desirableWeight: desirable = 1, undesirableWeight: undesirable = 1 }: KtoOptions,
): LossOutputs {
  if (!(beta > 0 && beta < Number.POSITIVE_INFINITY && desirable >= 0 && undesirable >= 0)) {
    throw new AttuneError(
      'bad-value',
      `KTO was given beta ${beta} and the weights ${desirable} and ${undesirable}.`,
      'Give a positive beta and weights from 0.',
    );
  }
  return recordTokenLoss(recorder, {
    source,
    inputs,
    scale,
    columns: 8,
    metrics: ktoMetricNames.length,
    loss: 7,
    params: { beta, desirable, undesirable },
    defines: { MISMATCHED: 'klLogps' in inputs },
  });
}

/**
 * Kahneman-Tversky optimisation: answers are scored one by one, against z, the mean log-ratio of mismatched answers
 * at least 0. TRL's `kto`.
 * @see Ethayarajh et al. 2024, https://arxiv.org/abs/2402.01306, equations 7 and 8
 * @throws AttuneError `bad-value` unless beta is positive and the weights are no less than 0
 */
export const kto: Operation<KtoInputs, LossOutputs, KtoOptions> = operation({
  name: 'kto',
  reference: ktoReference,
  forward: recordKto,
  backward: (recorder, { outputs, gradients }) => ({
    logps: recordTokenLossGradient(recorder, outputs, gradients.loss),
  }),
});
