import {
  elementsInclude,
  expectShape,
  numericInclude,
  operation,
  shader,
  type Tensor,
} from '../contract/index.ts';
import { recordColumnSums } from '../matmul/matmul.column-sums.ts';
import backwardText from './lstm.backward.wgsl';
import forwardText from './lstm.forward.wgsl';
import { type LstmOptions, lstmReference } from './lstm.reference.ts';
import weightText from './lstm.weight.wgsl';

export { type LstmOptions, lstmReference } from './lstm.reference.ts';

const forwardSource = shader('lstm.forward', forwardText, numericInclude);
const backwardSource = shader('lstm.backward', backwardText, numericInclude);
const weightSource = shader('lstm.weight', weightText, elementsInclude);

type Inputs = { gates: Tensor; weight: Tensor; bias: Tensor };

/**
 * One direction of a long short-term memory over the rows of a short sequence.
 *
 * gates [n, 4h]: what the input gives to the gates i, f, g, o (PyTorch's x·W_ihᵀ + b_ih); weight [4h, h] and bias
 * [4h] are those of the state (W_hh, b_hh); y [n, h]. `reverse` walks from the last row to the first. State and
 * cell begin at zero. The gradients of weight and bias can accumulate. Rows wait for one another: it is made for
 * tens of them, such as virtual tokens.
 * @see Hochreiter and Schmidhuber 1997, Long Short-Term Memory
 */
export const lstm = operation<Inputs, { y: Tensor; kept: Tensor }, LstmOptions>({
  name: 'lstm',
  accumulates: ['weight', 'bias'],
  reference: lstmReference,
  forward(recorder, { gates, weight, bias }, { reverse = false }) {
    expectShape(weight.name, weight.shape, [4 * weight.shape[1]!, -1]);
    const hidden = weight.shape[1]!;
    expectShape(gates.name, gates.shape, [-1, 4 * hidden]);
    expectShape(bias.name, bias.shape, [4 * hidden]);
    const rows = gates.shape[0]!;
    const y = recorder.tensor('y', [rows, hidden]);
    const kept = recorder.tensor('kept', [rows, 5 * hidden]);
    recorder.dispatch(forwardSource, {
      tensors: { gates, weight, bias, y, kept },
      params: { rows, hidden, reverse: Number(reverse) },
      workgroups: 1,
    });
    return { y, kept };
  },
  backward(recorder, { inputs, outputs, gradients: { y: dy }, options, needs, into }) {
    if (!dy || !(needs.gates || needs.weight || needs.bias)) return {};
    const { gates, weight } = inputs;
    const { y, kept } = outputs;
    const [rows, hidden] = y.shape as [number, number];
    const reverse = Number(options.reverse ?? false);
    const dGates = recorder.tensor('dGates', gates.shape);
    const dCell = recorder.tensor('dCell', [hidden]);
    recorder.dispatch(backwardSource, {
      tensors: { weight, kept, dy, dGates, dCell },
      params: { rows, hidden, reverse },
      workgroups: 1,
    });
    const found = { ...(needs.gates && { gates: dGates }) };
    const dWeight = needs.weight && (into.weight ?? recorder.tensor('dWeight', weight.shape));
    if (dWeight) {
      const count = 4 * hidden * hidden;
      recorder.dispatch(weightSource, {
        tensors: { dGates, y, dWeight },
        defines: { ACCUMULATE: Boolean(into.weight) },
        params: { count, rows, hidden, reverse },
        workgroups: Math.ceil(count / 64),
      });
    }
    return {
      ...found,
      ...(dWeight && { weight: dWeight }),
      ...(needs.bias && { bias: recordColumnSums(recorder, dGates, into.bias) }),
    };
  },
});
