import {
  elements,
  elementsInclude,
  expectShape,
  operation,
  type Recorder,
  shader,
  type Tensor,
} from '../contract/index.ts';
import { expectRows, scalesAt, weightDefines, weightReader } from '../quantised/quantised.ts';
import backwardText from './embedding.backward.wgsl';
import chainText from './embedding.chain.wgsl';
import forwardText from './embedding.forward.wgsl';
import { type EmbeddingOptions, embeddingReference } from './embedding.reference.ts';
import zeroText from './embedding.zero.wgsl';

export { type EmbeddingOptions, embeddingReference } from './embedding.reference.ts';

const forwardSource = shader('embedding.forward', forwardText, {
  ...elementsInclude,
  'quantised.wgsl': weightReader('table'),
});
const chainSource = shader('embedding.chain', chainText);
const zeroSource = shader('embedding.zero', zeroText);
const backwardSource = shader('embedding.backward', backwardText, elementsInclude);

/** Elements of [tokens, width], in fours where the width allows. */
function grid(tokens: number, width: number) {
  const vec4 = width % 4 === 0;
  const columns = vec4 ? width / 4 : width;
  const count = tokens * columns;
  return { vec4, columns, count, workgroups: Math.ceil(count / 64) };
}

type Inputs = { table: Tensor; ids: Tensor };

function gather(
  recorder: Recorder,
  { table, ids }: Inputs,
  { scale = 1, first = 0 }: EmbeddingOptions,
): Tensor {
  expectShape(table.name, table.shape, [-1, -1]);
  expectShape(ids.name, ids.shape, [-1]);
  const [vocabulary, width] = table.shape as [number, number];
  expectRows(table);
  const tokens = ids.shape[0]!;
  const { vec4, columns, count, workgroups } = grid(tokens, width);
  const y = recorder.tensor('y', [tokens, width]);
  recorder.dispatch(forwardSource, {
    tensors: { table, ids, y },
    defines: { VEC4: vec4, ...weightDefines(table.dtype) },
    params: { count, width: columns, first, vocabulary, scale, scales: scalesAt(table) },
    workgroups,
  });
  return y;
}

/**
 * y[t] = scale · table[ids[t] - first]: token embeddings, or a gather of rows; with `first` of a part of a table.
 *
 * table [V, H] in any format of a weight; ids i32 [tokens]; y [tokens, H]. An id below 0 (or past V) gives a row of zeros and no
 * gradient. The row of `paddingIdx` is read, but gets no gradient, as PyTorch has it. The gradient of the table can accumulate; alone it is written whole, zeros included. It adds
 * tokens in their order and uses no atomics, so its bits are the same each time.
 */
export const embedding = operation<Inputs, { y: Tensor }, EmbeddingOptions>({
  name: 'embedding',
  accumulates: ['table'],
  reference: embeddingReference,
  forward: (recorder, inputs, options) => ({ y: gather(recorder, inputs, options) }),
  tangent: (recorder, { inputs: { ids }, options, tangents }) => ({
    y: gather(recorder, { table: tangents.table!, ids }, options),
  }),
  backward(recorder, { inputs: { table, ids }, gradients: { y: dy }, options, needs, into }) {
    if (!dy || !needs.table) return {};
    const [vocabulary, width] = table.shape as [number, number];
    const tokens = ids.shape[0]!;
    let dTable = into.table;
    if (!dTable) {
      dTable = recorder.tensor('dTable', table.shape);
      const count = Math.ceil(elements(table.shape) / 4);
      recorder.dispatch(zeroSource, {
        tensors: { y: dTable },
        params: { count },
        workgroups: Math.ceil(count / 512),
      });
    }
    const links = recorder.tensor('links', [tokens, 2], 'i32');
    recorder.dispatch(chainSource, {
      tensors: { ids, links },
      params: {
        tokens,
        first: options.first ?? 0,
        vocabulary,
        padding: options.paddingIdx ?? -1,
      },
      workgroups: Math.ceil(tokens / 64),
    });
    const { vec4, columns, count, workgroups } = grid(tokens, width);
    recorder.dispatch(backwardSource, {
      tensors: { ids, links, dy, dTable },
      defines: { VEC4: vec4 },
      params: { count, width: columns, start: options.first ?? 0, scale: options.scale ?? 1 },
      workgroups,
    });
    return { table: dTable };
  },
});
