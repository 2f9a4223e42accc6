import { AttuneError } from '@attune/gpu';
import {
  expectShape,
  numericInclude,
  type Operation,
  operation,
  type Recorder,
  type Shader,
  type Tensor,
} from '../../contract/index.ts';
import {
  type LossOutputs,
  recordTokenLoss,
  recordTokenLossGradient,
  tokenLossShader,
} from '../token-loss/token-loss.ts';
import forwardText from './pair-loss.forward.wgsl';
import paramsText from './pair-loss.params.wgsl';
import type { PairLossReference } from './pair-loss.reference.ts';
import { type PairLossOptions, scoreOf } from './pair-loss.score.ts';

export type { PairLossReference } from './pair-loss.reference.ts';
export type { FDivergence, PairLossOptions } from './pair-loss.score.ts';

/** P pairs: element p of each tensor belongs to the chosen answer of pair p, element P + p to the rejected one. */
export type PairLossInputs = {
  /** [2 P] f32: log-probabilities of the answers, summed over tokens, or averaged where the loss says so. */
  readonly logps: Tensor;
  /** [2 P] f32: those under the reference model; without them the loss is free of a reference. */
  readonly refLogps?: Tensor;
  /** [2 P] f32: tokens of each answer. A pair with both 0 is padding; padding stands last on both sides. */
  readonly lengths: Tensor;
  /** [2 P] f32: factors of each pair's loss, the product of its two, without gradient (WPO). Default 1. */
  readonly weights?: Tensor;
  /** [1] f32: for instance 1 / pairs. */
  readonly scale: Tensor;
};

/** TRL's names; each is a sum over the pairs. Rewards are β · log-ratio under every divergence. */
export const pairLossMetricNames = [
  'rewards/chosen',
  'rewards/rejected',
  'rewards/accuracies',
  'rewards/margins',
  'logps/chosen',
  'logps/rejected',
] as const;

export type PairLossOperation<O extends PairLossOptions = PairLossOptions> = Operation<
  PairLossInputs,
  LossOutputs,
  O
> & { readonly reference: PairLossReference<O> };

export interface PairLoss<O extends PairLossOptions> {
  readonly name: string;
  /** The loss's own WGSL, made by `pairLossShader`. */
  readonly source: Shader;
  readonly reference: PairLossReference<O>;
  /** The loss's own numbers in `struct Params`; throws where an option is none. */
  params?(options: O): Readonly<Record<string, number>>;
  /** Metrics after those of `pairLossMetricNames`: 0 or 2. */
  readonly ownMetrics?: number;
  readonly defines?: Readonly<Record<string, boolean>>;
  /** Records what `lossOf` reads besides; tensors by their names in the shader. */
  prepare?(recorder: Recorder, inputs: PairLossInputs): Readonly<Record<string, Tensor>>;
}

/** The shader of a loss over pairs: LABEL.wgsl, which includes pair-loss.forward.wgsl and has `fn lossOf`. */
export function pairLossShader(label: string, text: string): Shader {
  return tokenLossShader(label, text, {
    ...numericInclude,
    'pair-loss.forward.wgsl': forwardText,
    'pair-loss.params.wgsl': paramsText,
  });
}

/** Throws `bad-value` unless 0 <= labelSmoothing < 0.5; returns it. */
export function smoothingBelowHalf(name: string, { labelSmoothing = 0 }: PairLossOptions): number {
  if (labelSmoothing >= 0 && labelSmoothing < 0.5) return labelSmoothing;
  throw new AttuneError(
    'bad-value',
    `${name} was given label smoothing of ${labelSmoothing}.`,
    'Give labelSmoothing (label_smoothing) from 0 to below 0.5: the share of labels that are wrong.',
  );
}

/**
 * The operation of a loss over pairs: formula, gradient and metrics in one dispatch, then the sums.
 * @throws AttuneError `bad-value` unless beta is positive; `wrong-shape` for an odd number of answers
 */
export function pairLoss<O extends PairLossOptions>(loss: PairLoss<O>): PairLossOperation<O> {
  return operation<PairLossInputs, LossOutputs, O>({
    name: loss.name,
    reference: loss.reference,
    forward(recorder, inputs, options) {
      const { logps, refLogps, lengths, weights, scale } = inputs;
      const { beta = 0.1 } = options;
      if (!(beta > 0 && beta < Number.POSITIVE_INFINITY)) {
        throw new AttuneError(
          'bad-value',
          `${loss.name} was given beta ${beta}.`,
          'Give a positive beta; 0.1 is the default.',
        );
      }
      const pairs = Math.max(1, Math.floor(logps.shape[0]! / 2));
      expectShape(logps.name, logps.shape, [2 * pairs]);
      const { score, power } = scoreOf(options);
      return recordTokenLoss(recorder, {
        source: loss.source,
        inputs: { logps, lengths, ...(refLogps && { refLogps }), ...(weights && { weights }) },
        others: loss.prepare?.(recorder, inputs),
        scale,
        columns: 9,
        metrics: pairLossMetricNames.length + (loss.ownMetrics ?? 0),
        loss: 8,
        params: { beta, score, power, ...loss.params?.(options) },
        defines: {
          REFERENCE: !!refLogps,
          WEIGHTS: !!weights,
          OWN_PARAMS: !!loss.params,
          ...loss.defines,
        },
      });
    },
    backward: (recorder, { outputs, gradients }) => ({
      logps: recordTokenLossGradient(recorder, outputs, gradients.loss),
    }),
  }) as PairLossOperation<O>;
}
