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
import type { Problem } from './matmul.problem.ts';
import text from './matmul.quads.wgsl';

const source = withOperands('quads', text);

interface Tile {
  /** Rows ÷ 4. */
  readonly loads: 1 | 2 | 4;
  /** 32 columns, not 16. */
  readonly wide: boolean;
}

const tiles: readonly Tile[] = [
  { loads: 4, wide: true },
  { loads: 4, wide: false },
  { loads: 2, wide: true },
  { loads: 2, wide: false },
  { loads: 1, wide: false },
];

const height = ({ loads }: Tile) => 4 * loads;
const width = ({ wide }: Tile) => (wide ? 32 : 16);

/** Column tiles side by side in x: SwiftShader gives each sixteenth workgroup to the same thread. */
const panel = 16;

/** Instructions for all tiles of m × n: 300 for each vector loaded, 480 for 16 × 4 products of four k. */
function cost(m: number, n: number, tile: Tile): number {
  const blocks = tile.wide ? 2 : 1;
  const turn = 300 * (tile.loads + 4 * blocks) + 480 * tile.loads * blocks;
  return turn * Math.ceil(m / height(tile)) * Math.ceil(n / width(tile));
}

/** The tile that leaves the fewest cells empty, and whether the product is turned for it. */
function bestTile(problem: Problem) {
  const { m, n, rank } = problem;
  const ways = tiles.map((tile) => ({ tile, turn: false, cost: cost(m, n, tile) }));
  if (rank === 0 && canTurn(problem)) {
    ways.push(...tiles.map((tile) => ({ tile, turn: true, cost: cost(n, m, tile) })));
  }
  return ways.reduce((best, way) => (way.cost < best.cost ? way : best));
}

/** Four lanes swap their rows of a: SwiftShader. */
export const quads: MatmulVariant = {
  name: 'quads',
  // A transposed a is read one by one where a lane has fewer than four rows, f16 by fours.
  canRun: (traits, problem) =>
    lanesOf(traits) === 4 && canRead(problem) && !(problem.formatA === 'f16' && problem.transposeA),
  suits: (traits) => traits.software,
  joinsLowRank,
  record(recorder, operands, problem) {
    const { tile, turn } = bestTile(problem);
    const shaped = turn ? turned(problem) : problem;
    const { tensors, defines, params } = bindOperands(shaped, operands, { turn });
    const columns = Math.ceil(shaped.n / width(tile));
    recorder.dispatch(source, {
      tensors,
      params,
      defines: {
        ...defines,
        VECTOR_A: defines.VECTOR_A && (tile.loads === 4 || !shaped.transposeA),
        // Fewer than four rows a lane are fewer than four neighbours in a turned y.
        VECTOR_Y: defines.VECTOR_Y && (tile.loads === 4 || !turn),
        LOADS_2: tile.loads >= 2,
        LOADS_4: tile.loads === 4,
        WIDE: tile.wide,
      },
      constants: { LOADS: tile.loads, PANEL: panel },
      workgroups: [
        Math.min(panel, columns),
        Math.ceil(shaped.m / height(tile)),
        Math.ceil(columns / panel) * shaped.batch,
      ],
    });
  },
};
