import {
  elementInclude,
  type KernelTraits,
  lanesOf,
  type Shader,
  shader,
} from '../../contract/index.ts';
import forwardText from './attention.forward.wgsl';
import forwardSubgroupText from './attention.forward-subgroup.wgsl';
import forwardTilesText from './attention.forward-tiles.wgsl';
import inputsText from './attention.inputs.wgsl';
import keyGradientText from './attention.key-gradient.wgsl';
import keyGradientSubgroupText from './attention.key-gradient-subgroup.wgsl';
import keyGradientTilesText from './attention.key-gradient-tiles.wgsl';
import lanesText from './attention.lanes.wgsl';
import maskText from './attention.mask.wgsl';
import queryGradientText from './attention.query-gradient.wgsl';
import queryGradientSubgroupText from './attention.query-gradient-subgroup.wgsl';
import queryGradientTilesText from './attention.query-gradient-tiles.wgsl';
import type { AttentionOptions } from './attention.reference.ts';
import tilesText from './attention.tiles.wgsl';

const includes = {
  ...elementInclude,
  'attention.inputs.wgsl': inputsText,
  'attention.mask.wgsl': maskText,
  'attention.lanes.wgsl': lanesText,
  'attention.tiles.wgsl': tilesText,
};

type Sources = { forward: Shader; queryGradient: Shader; keyGradient: Shader };

/** Any head dimension, any adapter: one query or key an invocation. */
const plain: Sources = {
  forward: shader('attention.forward', forwardText, includes),
  queryGradient: shader('attention.query-gradient', queryGradientText, includes),
  keyGradient: shader('attention.key-gradient', keyGradientText, includes),
};

/** Software adapters with subgroups of one size. */
const subgroup: Sources = {
  forward: shader('attention.forward-subgroup', forwardSubgroupText, includes),
  queryGradient: shader('attention.query-gradient-subgroup', queryGradientSubgroupText, includes),
  keyGradient: shader('attention.key-gradient-subgroup', keyGradientSubgroupText, includes),
};

/** Hardware: tiles in workgroup memory. */
const tiles: Sources = {
  forward: shader('attention.forward-tiles', forwardTilesText, includes),
  queryGradient: shader('attention.query-gradient-tiles', queryGradientTilesText, includes),
  keyGradient: shader('attention.key-gradient-tiles', keyGradientTilesText, includes),
};

/** Which shaders, how they are built, and how many queries or keys a workgroup takes. */
export interface AttentionVariant {
  readonly sources: Sources;
  readonly defines: Readonly<Record<string, boolean>>;
  readonly constants: Readonly<Record<string, number>>;
  readonly block: number;
}

export function chooseAttention(
  traits: KernelTraits,
  { headDim }: AttentionOptions,
): AttentionVariant {
  const lanes = lanesOf(traits);
  const constants = { DIM: Math.ceil(headDim / 4) };
  if (headDim % 4 !== 0) {
    const defines = { VEC4: false };
    return { sources: plain, defines, constants: { DIM: headDim }, block: 32 };
  }
  if (!traits.software) {
    return { sources: tiles, defines: { VEC4: true }, constants, block: 32 };
  }
  if (lanes >= 4) {
    const defines = { VEC4: true, NARROW: lanes < 8 };
    return { sources: subgroup, defines, constants: { ...constants, LANES: lanes }, block: 8 };
  }
  return { sources: plain, defines: { VEC4: true }, constants, block: 32 };
}
