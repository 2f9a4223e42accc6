import { lanesOf } from '../contract/index.ts';
import {
  bindOperands,
  canRead,
  canTurn,
  joinsLowRank,
  type MatmulVariant,
  turned,
  withOperands,
} from './matmul.operands.ts';
import registersText from './matmul.registers.wgsl';
import rowText from './matmul.row.wgsl';
import slicedText from './matmul.sliced.wgsl';
import tiledText from './matmul.tiled.wgsl';

const registersSource = withOperands('registers', registersText);
const rowSource = withOperands('row', rowText);
const slicedSource = withOperands('sliced', slicedText);
const tiledSource = withOperands('tiled', tiledText);

/** 8 × 8 sums an invocation, nothing shared: where barriers are dear and subgroups are not to be had. */
export const registers: MatmulVariant = {
  name: 'registers',
  canRun: (_, problem) => canRead(problem),
  suits: () => true,
  joinsLowRank,
  record(recorder, operands, problem) {
    recorder.dispatch(registersSource, {
      ...bindOperands(problem, operands),
      workgroups: [Math.ceil(problem.n / 64), Math.ceil(problem.m / 64), problem.batch],
    });
  },
};

/** The lanes of a subgroup share out k: a single row, as in decoding. */
export const row: MatmulVariant = {
  name: 'row',
  canRun: (traits, problem) =>
    lanesOf(traits) >= 4 &&
    problem.m === 1 &&
    problem.transposeB &&
    problem.k % 4 === 0 &&
    canRead(problem),
  suits: () => true,
  joinsLowRank,
  record(recorder, operands, problem) {
    // A column of one is a row of one.
    const laid = { ...problem, transposeA: false };
    const { n, batch } = problem;
    recorder.dispatch(rowSource, {
      ...bindOperands(laid, operands),
      constants: { LANES: lanesOf(recorder.traits) },
      workgroups: [Math.ceil(n / 8), 1, batch],
    });
  },
};

/** k in eight slices: where a result is too narrow or too low to keep a GPU busy by its elements. */
export const sliced: MatmulVariant = {
  name: 'sliced',
  canRun: (_, problem) => canRead(problem),
  suits: ({ software }, { m, n }) => !software && Math.min(m, n) <= 32,
  joinsLowRank,
  record(recorder, operands, problem) {
    const turn = problem.n < problem.m && problem.n <= 16 && problem.rank === 0 && canTurn(problem);
    const shaped = turn ? turned(problem) : problem;
    recorder.dispatch(slicedSource, {
      ...bindOperands(shaped, operands, { turn }),
      workgroups: [Math.ceil(shaped.n / 32), Math.ceil(shaped.m / 8), shaped.batch],
    });
  },
};

/** 64 × 64 tiles in workgroup memory: hardware. */
export const tiled: MatmulVariant = {
  name: 'tiled',
  canRun: ({ maxWorkgroupMemory, maxInvocations }, problem) =>
    maxWorkgroupMemory >= 16384 && maxInvocations >= 128 && canRead(problem),
  suits: ({ software }) => !software,
  joinsLowRank,
  record(recorder, operands, problem) {
    recorder.dispatch(tiledSource, {
      ...bindOperands(problem, operands, { step: 16 }),
      workgroups: [Math.ceil(problem.n / 64), Math.ceil(problem.m / 64), problem.batch],
    });
  },
};
