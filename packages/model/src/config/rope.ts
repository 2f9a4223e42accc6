import { AttuneError } from '@attune/gpu';
import type { RopeConfig } from './config.ts';

/**
 * The headDim / 2 angular frequencies of rotary embedding, in radians a position, in float64:
 * theta^(-2i / headDim), scaled as the config says.
 * @see https://arxiv.org/abs/2104.09864
 */
export function inverseFrequencies(rope: RopeConfig, headDim: number): Float64Array {
  if (rope.type === 'none') return new Float64Array(headDim / 2);
  return unscaled(rope.theta, headDim).map((f, i) => f / ropeDivisor(rope, f, i));
}

function unscaled(theta: number, headDim: number): Float64Array {
  return Float64Array.from({ length: headDim / 2 }, (_, i) => theta ** ((-2 * i) / headDim));
}

/** What each frequency is divided by: llama.cpp's `rope_freqs.weight`. All 1 for plain RoPE. */
export function ropeDivisors(rope: RopeConfig, headDim: number): Float64Array {
  if (rope.type === 'none') return new Float64Array(headDim / 2).fill(1);
  return unscaled(rope.theta, headDim).map((f, i) => ropeDivisor(rope, f, i));
}

function ropeDivisor(rope: RopeConfig, frequency: number, i: number): number {
  switch (rope.type) {
    case 'none':
    case 'default':
      return 1;
    case 'linear':
      return rope.factor;
    case 'factors':
      return rope.factors[i]!;
    case 'llama3': {
      // How often the wave turns within the context that the model was first trained on.
      const turns = (rope.originalMaxPositionEmbeddings * frequency) / (2 * Math.PI);
      if (turns < rope.lowFreqFactor) return rope.factor;
      if (turns > rope.highFreqFactor) return 1;
      const smooth = (turns - rope.lowFreqFactor) / (rope.highFreqFactor - rope.lowFreqFactor);
      return 1 / ((1 - smooth) / rope.factor + smooth);
    }
  }
}

/** Cosines and sines of all angles, each [positions, headDim / 2] row-major. */
export interface RopeTable {
  positions: number;
  cos: Float32Array<ArrayBuffer>;
  sin: Float32Array<ArrayBuffer>;
}

/**
 * The rotary table of positions 0 … positions - 1. Column i turns the pair (x[i], x[i + headDim / 2]),
 * Hugging Face's rotate_half convention. Angles and functions are float64, since WebGPU adapters are
 * wrong by up to 2e-4 there and positions reach thousands.
 * @throws AttuneError `invalid-rope-table`
 */
export function ropeTable(rope: RopeConfig, headDim: number, positions: number): RopeTable {
  if (!Number.isInteger(positions) || positions < 1 || headDim % 2 !== 0 || headDim < 2) {
    throw new AttuneError(
      'invalid-rope-table',
      `A rotary table of ${positions} positions for heads of ${headDim} was asked for.`,
      'Ask for at least one position and an even head size.',
    );
  }
  const frequencies = inverseFrequencies(rope, headDim);
  const factor = rope.type === 'factors' ? (rope.attentionFactor ?? 1) : 1;
  const half = frequencies.length;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let position = 0, at = 0; position < positions; position++) {
    for (let i = 0; i < half; i++, at++) {
      const angle = position * frequencies[i]!;
      cos[at] = factor * Math.cos(angle);
      sin[at] = factor * Math.sin(angle);
    }
  }
  return { positions, cos, sin };
}
