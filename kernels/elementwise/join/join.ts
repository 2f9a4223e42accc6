import {
  elements,
  elementsInclude,
  expectShape,
  operation,
  type Recorder,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import { joinReference } from './join.reference.ts';
import text from './join.wgsl';

export { joinReference } from './join.reference.ts';

const source = shader('join', text, elementsInclude);

type Inputs = { a: Tensor; b: Tensor };

function record(recorder: Recorder, { a, b, y }: Inputs & { y: Tensor }, split: boolean): void {
  const count = elements(y.shape);
  recorder.dispatch(source, {
    tensors: { y, a, b },
    defines: { SPLIT: split },
    params: { count, left: a.shape[1]!, right: b.shape[1]! },
    workgroups: Math.ceil(count / 64),
  });
}

/** y [rows, left + right] = a [rows, left] and b [rows, right] side by side. */
export const join = operation<Inputs, { y: Tensor }, Record<string, never>>({
  name: 'join',
  reference: joinReference,
  forward(recorder, { a, b }) {
    expectShape(a.name, a.shape, [-1, -1]);
    const [rows, left] = a.shape as [number, number];
    expectShape(b.name, b.shape, [rows, -1]);
    const y = recorder.tensor('y', [rows, left + b.shape[1]!]);
    record(recorder, { a, b, y }, false);
    return { y };
  },
  backward(recorder, { inputs, gradients: { y }, needs }) {
    if (!y || !(needs.a || needs.b)) return {};
    const a = recorder.tensor('da', inputs.a.shape);
    const b = recorder.tensor('db', inputs.b.shape);
    record(recorder, { a, b, y }, true);
    return { ...(needs.a && { a }), ...(needs.b && { b }) };
  },
});
