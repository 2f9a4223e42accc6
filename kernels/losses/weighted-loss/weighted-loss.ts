import { AttuneError } from '@attune/gpu';
import { expectShape, operation, shader, type Tensor } from '../../contract/index.ts';
import backwardText from './weighted-loss.backward.wgsl';
import forwardText from './weighted-loss.forward.wgsl';
import { type WeightedLossOptions, weightedLossReference } from './weighted-loss.reference.ts';

export { type WeightedLossOptions, weightedLossReference } from './weighted-loss.reference.ts';

const forwardSource = shader('weighted-loss.forward', forwardText);
const backwardSource = shader('weighted-loss.backward', backwardText);

/** Any names; each [1] f32. */
export type WeightedLossInputs = Readonly<Record<string, Tensor>>;

/**
 * The weighted sum of several losses, and a loss itself: the root of a graph, or not. MPO's mixture of DPO
 * losses, ORPO's and CPO's likelihood term, a policy's and a value's loss.
 * @throws AttuneError `bad-value` for no loss at all, or a weight of no input
 */
export const weightedLoss = operation<WeightedLossInputs, { loss: Tensor }, WeightedLossOptions>({
  name: 'weightedLoss',
  reference: weightedLossReference,
  forward(recorder, inputs, { weights = {} }) {
    const names = Object.keys(inputs);
    const stray = Object.keys(weights).find((name) => !inputs[name]);
    if (names.length === 0 || stray !== undefined) {
      throw new AttuneError(
        'bad-value',
        `weightedLoss was given the losses [${names}] and the weights [${Object.keys(weights)}].`,
        'Give at least one loss, and weights of the losses by the same names.',
      );
    }
    const total = recorder.tensor('loss', [1]);
    names.forEach((name, i) => {
      const loss = inputs[name]!;
      expectShape(loss.name, loss.shape, [1]);
      recorder.dispatch(forwardSource, {
        tensors: { loss, total },
        defines: { FIRST: i === 0 },
        params: { weight: weights[name] ?? 1 },
        workgroups: 1,
      });
    });
    return { loss: total };
  },
  backward(recorder, { inputs, options: { weights = {} }, gradients: { loss: dtotal }, needs }) {
    const found: Record<string, Tensor> = {};
    for (const name of Object.keys(inputs)) {
      if (!needs[name]) continue;
      const dloss = recorder.tensor('dloss', [1]);
      recorder.dispatch(backwardSource, {
        tensors: { dloss, ...(dtotal && { dtotal }) },
        defines: { CHAINED: dtotal !== undefined },
        params: { weight: weights[name] ?? 1 },
        workgroups: 1,
      });
      found[name] = dloss;
    }
    return found;
  },
});
