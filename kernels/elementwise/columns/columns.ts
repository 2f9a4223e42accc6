import {
  elements,
  elementsInclude,
  expectShape,
  operation,
  type Recorder,
  shader,
  type Tensor,
  type Tensors,
} from '../../contract/index.ts';
import { columnsReference } from './columns.reference.ts';
import text from './columns.wgsl';

export { columnsReference } from './columns.reference.ts';

const source = shader('columns', text, elementsInclude);

/** Records that `part` [rows, width] becomes the columns from `first` on of `whole`, or with `take` is read from there. */
export function recordColumns(
  recorder: Recorder,
  { part, whole }: { part: Tensor; whole: Tensor },
  { first, take = false }: { first: number; take?: boolean },
): void {
  const [rows, width] = part.shape as [number, number];
  expectShape(whole.name, whole.shape, [rows, -1]);
  const columns = whole.shape[1]!;
  const size = [width, columns, first].every((n) => n % 4 === 0) ? 4 : 1;
  const count = elements(part.shape) / size;
  recorder.dispatch(source, {
    tensors: { part, whole },
    defines: { VEC4: size === 4, TAKE: take },
    params: { count, width: width / size, columns: columns / size, first: first / size },
    workgroups: Math.ceil(count / 64),
  });
}

/** Matrices of one height, in the order of their names. */
function inOrder(parts: Tensors): [string, Tensor][] {
  const number = (name: string) => Number(name.replace(/\D/g, ''));
  const given = Object.entries(parts).filter((entry): entry is [string, Tensor] =>
    Boolean(entry[1]),
  );
  return given.sort(([a], [b]) => number(a) - number(b));
}

/**
 * y [rows, Σ width] = the parts p0, p1, … [rows, width] side by side, however many there are: what a matrix in parts
 * makes.
 */
export const joinColumns = operation<Tensors, { y: Tensor }, Record<string, never>>({
  name: 'join-columns',
  reference: columnsReference,
  forward(recorder, parts) {
    const list = inOrder(parts).map(([, part]) => part);
    const rows = list[0]!.shape[0]!;
    for (const part of list) expectShape(part.name, part.shape, [rows, -1]);
    const whole = recorder.tensor('y', [rows, list.reduce((sum, p) => sum + p.shape[1]!, 0)]);
    let first = 0;
    for (const part of list) {
      recordColumns(recorder, { part, whole }, { first });
      first += part.shape[1]!;
    }
    return { y: whole };
  },
  backward(recorder, { inputs, gradients: { y: whole }, needs }) {
    if (!whole) return {};
    let first = 0;
    const found: Record<string, Tensor> = {};
    for (const [name, { shape }] of inOrder(inputs)) {
      if (needs[name]) {
        const part = recorder.tensor(`d${name}`, shape);
        recordColumns(recorder, { part, whole }, { first, take: true });
        found[name] = part;
      }
      first += shape[1]!;
    }
    return found;
  },
});
