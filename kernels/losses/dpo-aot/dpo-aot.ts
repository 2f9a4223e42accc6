import { type Recorder, shader, type Tensor } from '../../contract/index.ts';
import {
  type PairLossInputs,
  pairLoss,
  pairLossShader,
  smoothingBelowHalf,
} from '../pair-loss/pair-loss.ts';
import text from './dpo-aot.forward.wgsl';
import orderText from './dpo-aot.order.wgsl';
import { dpoAotReference as reference } from './dpo-aot.reference.ts';

export { dpoAotReference } from './dpo-aot.reference.ts';

const orderSource = shader('dpo-aot.order', orderText);

/** Records the sorting of both lists; [4 P] f32: sorted, sorted, places, places. */
export function recordAotOrder(
  recorder: Recorder,
  { logps, refLogps, lengths }: PairLossInputs,
  unpaired: boolean,
): Tensor {
  const count = logps.shape[0]!;
  const order = recorder.tensor('order', [2 * count]);
  recorder.dispatch(orderSource, {
    tensors: { logps, lengths, order, ...(refLogps && { refLogps }) },
    defines: { REFERENCE: !!refLogps, UNPAIRED: unpaired },
    params: { count },
    workgroups: Math.ceil(count / 64),
  });
  return order;
}

/**
 * Alignment by optimal transport: the batch's differences of policy and reference are compared in sorted
 * order, not pair by pair; micro-batches are sorted by themselves. TRL's `aot`.
 * @see Melnyk et al. 2024, https://arxiv.org/abs/2406.05882
 * @throws AttuneError `bad-value` unless 0 <= labelSmoothing < 0.5
 */
export const dpoAot = pairLoss({
  name: 'dpoAot',
  source: pairLossShader('dpo-aot.forward', text),
  reference,
  params: (options) => ({ smoothing: smoothingBelowHalf('dpoAot', options) }),
  prepare: (recorder, inputs) => ({ order: recordAotOrder(recorder, inputs, false) }),
});
