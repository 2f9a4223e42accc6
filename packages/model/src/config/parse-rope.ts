import type { RopeConfig } from './config.ts';
import type { Fields } from './fields.ts';

/**
 * The rotary settings of a config, in the words of either age: `rope_parameters {rope_type, rope_theta}`
 * now, `rope_theta` and `rope_scaling {type | rope_type}` before.
 */
export function parseRope(
  fields: Fields,
  headDim: number,
  theta = 10000,
  { longrope = false } = {},
): RopeConfig {
  const inner = fields.within('rope_parameters') ?? fields.within('rope_scaling');
  // Older files of Phi-3 call it su.
  const type = inner?.get('rope_type') ?? inner?.get('type');
  if (longrope && inner && (type === 'longrope' || type === 'su')) {
    const base = ropeOf(undefined, fields, headDim, theta);
    if (base.type !== 'default') return base;
    const own = inner.get('rope_theta') === undefined ? base.theta : inner.number('rope_theta');
    return longropeOf(inner, fields, headDim, own);
  }
  return ropeOf(inner, fields, headDim, theta);
}

/** The settings in `inner`; what is not there stands in `fields`, or `theta` is meant. */
export function ropeOf(
  inner: Fields | undefined,
  fields: Fields,
  headDim: number,
  theta: number,
): RopeConfig {
  const rope = inner ?? fields;
  const base =
    rope.get('rope_theta') === undefined
      ? fields.number('rope_theta', { fallback: theta })
      : rope.number('rope_theta');
  for (const place of [fields, rope]) {
    if ((place.get('partial_rotary_factor') ?? 1) !== 1) {
      throw place.unsupported('partial_rotary_factor', 'but heads are rotated whole here');
    }
  }
  const typeKey = inner?.get('rope_type') === undefined ? 'type' : 'rope_type';
  const type = inner?.text(typeKey, 'default') ?? 'default';
  switch (type) {
    case 'default':
      return { type, theta: base };
    case 'linear':
      return { type, theta: base, factor: rope.number('factor') };
    case 'llama3': {
      const lowFreqFactor = rope.number('low_freq_factor');
      const highFreqFactor = rope.number('high_freq_factor', { above: lowFreqFactor });
      return {
        type,
        theta: base,
        factor: rope.number('factor'),
        lowFreqFactor,
        highFreqFactor,
        originalMaxPositionEmbeddings: rope.int('original_max_position_embeddings'),
      };
    }
    case 'longrope':
      return { type: 'factors', theta: base, factors: longropeFactors(rope, headDim) };
    default:
      throw rope.unsupported(
        typeKey,
        'but only default, linear, llama3 and a longrope of one set of factors run here',
      );
  }
}

/**
 * Phi-3's longrope: up to the context of the first training one set of divisors, beyond it another for all
 * positions; cosines and sines are multiplied, the more the longer the context became.
 */
function longropeOf(rope: Fields, fields: Fields, headDim: number, theta: number): RopeConfig {
  const key = 'original_max_position_embeddings';
  const originalMaxPositionEmbeddings = (rope.get(key) === undefined ? fields : rope).int(key, {
    fallback: 4096,
  });
  const ratio =
    rope.get('factor') === undefined
      ? fields.int('max_position_embeddings', { fallback: 4096 }) / originalMaxPositionEmbeddings
      : rope.number('factor');
  const usual =
    ratio <= 1 ? 1 : Math.sqrt(1 + Math.log(ratio) / Math.log(originalMaxPositionEmbeddings));
  return {
    type: 'factors',
    theta,
    factors: factorList(rope, 'short_factor', headDim),
    attentionFactor: rope.number('attention_factor', { fallback: usual }),
    originalMaxPositionEmbeddings,
    longFactors: factorList(rope, 'long_factor', headDim),
  };
}

function factorList(rope: Fields, key: string, headDim: number): number[] {
  const list = rope.get(key);
  const good =
    Array.isArray(list) &&
    list.length === headDim / 2 &&
    list.every((n) => typeof n === 'number' && Number.isFinite(n) && n > 0);
  if (!good) throw rope.invalid(key, `a list of ${headDim / 2} positive numbers`);
  return list as number[];
}

/** A longrope whose two sets are one and whose attention is not rescaled is a list of divisors. */
function longropeFactors(rope: Fields, headDim: number): number[] {
  const short = factorList(rope, 'short_factor', headDim);
  const long = factorList(rope, 'long_factor', headDim);
  if (short.some((n, i) => n !== long[i])) {
    throw rope.unsupported('long_factor', 'which differs from short_factor');
  }
  if (rope.get('attention_factor') !== 1) {
    throw rope.unsupported('attention_factor', 'but only 1 runs here');
  }
  return short;
}
