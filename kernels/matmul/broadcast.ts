import type { MatmulVariant } from './choose.ts';
import text from './matmul.broadcast.wgsl';
import {
  bindOperands,
  canRead,
  canTurn,
  joinsLowRank,
  lanesOf,
  turned,
  withOperands,
} from './operands.ts';
import type { Problem } from './problem.ts';

const source = withOperands('broadcast', text);

interface Tile {
  /** Rows ÷ lanes. */
  readonly loads: 1 | 2 | 4;
  /** Eight columns a lane, not four. */
  readonly wide: boolean;
}

const tiles: readonly Tile[] = [
  { loads: 4, wide: true },
  { loads: 4, wide: false },
  { loads: 2, wide: false },
  { loads: 1, wide: false },
];

const height = (lanes: number, { loads }: Tile) => loads * lanes;
const width = (lanes: number, { wide }: Tile) => (wide ? 8 : 4) * lanes;

/**
 * Instructions for all tiles of m × n, up to a factor: each turn of the loop loads vectors of a and b
 * and multiplies rows by columns. Counted in the machine code of SwiftShader (4 lanes) and lavapipe;
 * lavapipe's registers do not hold a wide tile.
 */
function cost(m: number, n: number, lanes: number, tile: Tile): number {
  if (tile.wide && lanes > 4) return Number.POSITIVE_INFINITY;
  const [load, row] = lanes === 4 ? [400, 75] : [33 * lanes, 50];
  const blocks = tile.wide ? 2 : 1;
  const turn = load * (4 * blocks + tile.loads) + row * blocks * height(lanes, tile);
  return turn * Math.ceil(m / height(lanes, tile)) * Math.ceil(n / width(lanes, tile));
}

/** The tile that leaves the fewest cells empty, and whether the product is turned for it. */
function bestTile(problem: Problem, lanes: number) {
  const { m, n, rank } = problem;
  const ways = tiles.map((tile) => ({ tile, turn: false, cost: cost(m, n, lanes, tile) }));
  if (rank === 0 && canTurn(problem)) {
    ways.push(...tiles.map((tile) => ({ tile, turn: true, cost: cost(n, m, lanes, tile) })));
  }
  return ways.reduce((best, way) => (way.cost < best.cost ? way : best));
}

/** Lanes hand elements of a round: for CPU adapters, where a load costs more than arithmetic. */
export const broadcast: MatmulVariant = {
  name: 'broadcast',
  // A transposed a is read one by one, f16 by fours.
  canRun: (traits, problem) =>
    [4, 8, 16].includes(lanesOf(traits)) &&
    canRead(problem) &&
    !(problem.formatA === 'f16' && problem.transposeA),
  suits: (traits) => traits.software,
  joinsLowRank,
  record(recorder, operands, problem) {
    const lanes = lanesOf(recorder.traits);
    const { tile, turn } = bestTile(problem, lanes);
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
        LOADS_2: tile.loads >= 2,
        LOADS_4: tile.loads === 4,
        WIDE: tile.wide,
      },
      constants: { LANES: lanes, LOADS: tile.loads },
      workgroups: [
        Math.ceil(shaped.m / height(lanes, tile)),
        Math.ceil(shaped.n / width(lanes, tile)),
        shaped.batch,
      ],
    });
  },
};
