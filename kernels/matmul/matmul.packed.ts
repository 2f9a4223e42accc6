import { lanesOf } from '../contract/index.ts';
import { isQuantised } from '../quantised/quantised.ts';
import { bindOperands, joinsLowRank, type MatmulVariant, withOperands } from './matmul.operands.ts';
import text from './matmul.packed.wgsl';

const source = withOperands('packed', text);

/** A block of short integers with one load, the lanes hand round a: for lavapipe, where a load costs more than arithmetic. */
export const packed: MatmulVariant = {
  name: 'packed',
  canRun: (traits, { batch, transposeA, transposeB, formatA, formatB }) =>
    [4, 8, 16].includes(lanesOf(traits)) &&
    batch === 1 &&
    isQuantised(formatB) &&
    formatA === 'f32' &&
    !transposeA &&
    transposeB,
  untuned: true,
  suits: (traits, { m }) => traits.software && m <= (lanesOf(traits) === 4 ? 4 : 8),
  joinsLowRank,
  record(recorder, operands, problem) {
    const lanes = lanesOf(recorder.traits);
    const { m, n } = problem;
    const rows = m === 1 ? 1 : m <= 4 ? 4 : 8;
    const { tensors, defines, params } = bindOperands(problem, operands);
    recorder.dispatch(source, {
      tensors: { ...tensors, blocks: operands.b },
      params,
      defines: {
        ...defines,
        LANES_4: lanes === 4,
        LANES_16: lanes === 16,
        ROWS_4: rows >= 4,
        ROWS_8: rows === 8,
      },
      constants: { LANES: lanes, ROWS: rows, SHARE: lanes === 4 ? 2 : 1 },
      workgroups: [Math.ceil(m / rows), Math.ceil(n / (4 * lanes)), 1],
    });
  },
};
