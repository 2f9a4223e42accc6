import type { KernelTraits } from '../contract/index.ts';
import type { MatmulVariant } from './choose.ts';
import text from './matmul.broadcast.wgsl';
import { bindOperands, canRead, joinsLowRank, turned, withOperands } from './operands.ts';
import type { Problem } from './problem.ts';

const source = withOperands('broadcast', text);

/** Lanes of a subgroup, where their number is certain and one that the shader is written for. */
function lanesOf({ subgroups, subgroupMinSize, subgroupMaxSize }: KernelTraits): number {
  const certain = subgroups && subgroupMinSize === subgroupMaxSize;
  return certain && [4, 8, 16].includes(subgroupMaxSize) ? subgroupMaxSize : 0;
}

/**
 * Instructions for all tiles of m × n, up to a factor: each turn of the loop loads 4 + `loads` vectors
 * and multiplies `loads` × `lanes` rows. Counted in the machine code of lavapipe.
 */
function cost(m: number, n: number, lanes: number, loads: number): number {
  const tiles = Math.ceil(m / (loads * lanes)) * Math.ceil(n / (4 * lanes));
  return tiles * (33 * lanes * (4 + loads) + 50 * lanes * loads);
}

/** A tile is wider than high, and may be lower: the shape, perhaps turned, that leaves the fewest cells empty. */
function bestTile({ m, n, rank, halfA, halfB }: Problem, lanes: number) {
  const tiles = [4, 2, 1].map((loads) => ({ loads, turn: false, cost: cost(m, n, lanes, loads) }));
  if (rank === 0 && !halfA && !halfB) {
    for (const loads of [4, 2, 1]) {
      tiles.push({ loads, turn: true, cost: cost(n, m, lanes, loads) });
    }
  }
  return tiles.reduce((best, tile) => (tile.cost < best.cost ? tile : best));
}

/** Lanes hand elements of a round: for CPU adapters, where a load costs more than arithmetic. */
export const broadcast: MatmulVariant = {
  name: 'broadcast',
  // A transposed a is read one by one, f16 by fours.
  canRun: (traits, problem) =>
    lanesOf(traits) > 0 && canRead(problem) && !(problem.halfA && problem.transposeA),
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
        LANES_4: lanes === 4,
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
