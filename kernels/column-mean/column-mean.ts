import { expectShape, operation, shader, type Tensor } from '../contract/index.ts';
import { expectRows, scalesAt, weightDefines, weightReader } from '../quantised/quantised.ts';
import forwardText from './column-mean.forward.wgsl';
import { columnMeanReference } from './column-mean.reference.ts';

export { columnMeanReference } from './column-mean.reference.ts';

const source = shader('column-mean.forward', forwardText, {
  'quantised.wgsl': weightReader('x'),
});

/**
 * The mean of each column: x [R, C], f32 or in a weight's format, to y f32 [C]. Of an output layer [V, H] it gives the vector whose product
 * with a hidden state is the mean of that token's logits, without the logits. No gradient.
 */
export const columnMean = operation<{ x: Tensor }, { y: Tensor }, Record<string, never>>({
  name: 'columnMean',
  reference: columnMeanReference,
  forward(recorder, { x }) {
    expectShape(x.name, x.shape, [-1, -1]);
    expectRows(x);
    const [count, columns] = x.shape as [number, number];
    let [sums, rows] = [x, count];
    do {
      const next = Math.ceil(rows / 256);
      const y = recorder.tensor('sums', next === 1 ? [columns] : [next, columns]);
      recorder.dispatch(source, {
        tensors: { x: sums, sums: y },
        defines: weightDefines(sums.dtype),
        params: { rows, columns, factor: next === 1 ? 1 / count : 1, scales: scalesAt(sums) },
        workgroups: [Math.ceil(columns / 64), next, 1],
      });
      [sums, rows] = [y, next];
    } while (rows > 1);
    return { y: sums };
  },
});
