import { lanesOf } from '../contract/index.ts';
import text from './matmul.broadcast.wgsl';
import {
  bindOperands,
  canRead,
  canTurn,
  joinsLowRank,
  type MatmulVariant,
  turned,
  withOperands,
} from './matmul.operands.ts';
import type { Problem } from './matmul.problem.ts';

const source = withOperands('broadcast', text);

/** Rows of a tile ÷ lanes. */
const heights = [4, 2, 1] as const;

/**
 * Instructions for all tiles of m × n, up to a factor: each turn of the loop loads vectors of a and b
 * and multiplies rows by columns. Counted in the machine code of lavapipe.
 */
function cost(m: number, n: number, lanes: number, loads: number): number {
  const turn = 33 * lanes * (4 + loads) + 50 * loads * lanes;
  return turn * Math.ceil(m / (loads * lanes)) * Math.ceil(n / (4 * lanes));
}

/** The tile that leaves the fewest cells empty, and whether the product is turned for it. */
function bestTile(problem: Problem, lanes: number) {
  const { m, n, rank } = problem;
  const ways = heights.map((loads) => ({ loads, turn: false, cost: cost(m, n, lanes, loads) }));
  if (rank === 0 && canTurn(problem)) {
    ways.push(...heights.map((loads) => ({ loads, turn: true, cost: cost(n, m, lanes, loads) })));
  }
  return ways.reduce((best, way) => (way.cost < best.cost ? way : best));
}

/** Lanes hand elements of a round: for lavapipe, where a load costs more than arithmetic. */
export const broadcast: MatmulVariant = {
  name: 'broadcast',
  // A transposed a is read one by one, f16 by fours.
  canRun: (traits, problem) =>
    [8, 16].includes(lanesOf(traits)) &&
    canRead(problem) &&
    !(problem.formatA === 'f16' && problem.transposeA),
  suits: (traits) => traits.software,
  joinsLowRank,
  record(recorder, operands, problem) {
    const lanes = lanesOf(recorder.traits);
    const { loads, turn } = bestTile(problem, lanes);
    const shaped = turn ? turned(problem) : problem;
    const { tensors, defines, params } = bindOperands(shaped, operands, { turn });
    recorder.dispatch(source, {
      tensors,
      params,
      defines: {
        ...defines,
        VECTOR_A: defines.VECTOR_A && !shaped.transposeA,
        LANES_16: lanes === 16,
        LOADS_2: loads >= 2,
        LOADS_4: loads === 4,
      },
      constants: { LANES: lanes, LOADS: loads },
      workgroups: [
        Math.ceil(shaped.m / (loads * lanes)),
        Math.ceil(shaped.n / (4 * lanes)),
        shaped.batch,
      ],
    });
  },
};
