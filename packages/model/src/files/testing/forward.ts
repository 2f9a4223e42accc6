import { inverseFrequencies } from '../../config/rope.ts';
import type { OpenModel } from '../open.ts';

/** What is needed of a model: its config, and weights by name. */
export type ComputedModel = Pick<OpenModel, 'config'> & {
  readonly weights: { float32(name: string): Promise<ArrayLike<number>> };
};

/**
 * Logits [tokens, vocabulary] of a Llama-family model in float64, written for reading: the truth that tells
 * whether weights, row order, rotary frequencies and config were read right.
 */
export async function forward(model: ComputedModel, ids: readonly number[]): Promise<number[][]> {
  const head = model.config.tieWordEmbeddings ? 'model.embed_tokens' : 'lm_head';
  const weight = Float64Array.from(await model.weights.float32(`${head}.weight`));
  return (await hiddenStates(model, ids)).map((row) => multiply(weight, row));
}

/** The score head [tokens] at every token of a reward or value model, in float64. */
export async function forwardScores(
  model: ComputedModel,
  ids: readonly number[],
): Promise<number[]> {
  const weight = Float64Array.from(await model.weights.float32('score.weight'));
  return (await hiddenStates(model, ids)).map((row) => multiply(weight, row)[0]!);
}

/** Hidden states [tokens, hidden] behind the last norm. */
async function hiddenStates(model: ComputedModel, ids: readonly number[]): Promise<number[][]> {
  const { config: c, weights } = model;
  const get = async (name: string) => Float64Array.from(await weights.float32(name));
  const project = async (name: string, x: number[][], bias: boolean) => {
    const w = await get(`${name}.weight`);
    const b = bias ? await get(`${name}.bias`) : undefined;
    return x.map((row) => multiply(w, row).map((v, i) => v + (b?.[i] ?? 0)));
  };
  const normalise = async (name: string, x: number[][]) => {
    const w = await get(name);
    return x.map((row) => {
      const mean = row.reduce((s, v) => s + v * v, 0) / row.length;
      return row.map((v, i) => (v / Math.sqrt(mean + c.rmsNormEps)) * w[i]!);
    });
  };
  const table = await get('model.embed_tokens.weight');
  const width = c.hiddenSize;
  let x = ids.map((id) => [...table.subarray(id * width, (id + 1) * width)]);
  for (let layer = 0; layer < c.numHiddenLayers; layer++) {
    const at = `model.layers.${layer}.`;
    const a = await normalise(`${at}input_layernorm.weight`, x);
    const q = rotate(await project(`${at}self_attn.q_proj`, a, c.attentionBias), model);
    const k = rotate(await project(`${at}self_attn.k_proj`, a, c.attentionBias), model);
    const v = await project(`${at}self_attn.v_proj`, a, c.attentionBias);
    const mixed = attend(q, k, v, model);
    x = add(x, await project(`${at}self_attn.o_proj`, mixed, c.attentionOutputBias));
    const m = await normalise(`${at}post_attention_layernorm.weight`, x);
    const gate = await project(`${at}mlp.gate_proj`, m, c.mlpBias);
    const up = await project(`${at}mlp.up_proj`, m, c.mlpBias);
    const inner = gate.map((row, t) => row.map((g, i) => (g / (1 + Math.exp(-g))) * up[t]![i]!));
    x = add(x, await project(`${at}mlp.down_proj`, inner, c.mlpBias));
  }
  return normalise('model.norm.weight', x);
}

function multiply(w: Float64Array, x: number[]): number[] {
  return Array.from({ length: w.length / x.length }, (_, row) =>
    x.reduce((sum, v, i) => sum + w[row * x.length + i]! * v, 0),
  );
}

function add(a: number[][], b: number[][]): number[][] {
  return a.map((row, t) => row.map((v, i) => v + b[t]![i]!));
}

/** Turns the pair (x[i], x[i + headDim / 2]) of every head by the position's angle. */
function rotate(x: number[][], { config: { rope, headDim } }: ComputedModel): number[][] {
  const frequencies = inverseFrequencies(rope, headDim);
  const half = headDim / 2;
  return x.map((row, position) =>
    row.map((v, i) => {
      const angle = position * frequencies[i % half]!;
      const lower = i % headDim < half;
      const other = lower ? -row[i + half]! : row[i - half]!;
      return v * Math.cos(angle) + other * Math.sin(angle);
    }),
  );
}

function attend(
  q: number[][],
  k: number[][],
  v: number[][],
  { config: c }: ComputedModel,
): number[][] {
  const d = c.headDim;
  const shared = c.numAttentionHeads / c.numKeyValueHeads;
  return q.map((row, t) => {
    const out = new Array<number>(row.length).fill(0);
    const first = c.slidingWindow === null ? 0 : Math.max(0, t - c.slidingWindow + 1);
    for (let head = 0; head < c.numAttentionHeads; head++) {
      const kv = Math.floor(head / shared) * d;
      const scores: number[] = [];
      for (let s = first; s <= t; s++) {
        let dot = 0;
        for (let i = 0; i < d; i++) dot += row[head * d + i]! * k[s]![kv + i]!;
        scores.push(dot / Math.sqrt(d));
      }
      const top = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - top));
      const total = weights.reduce((sum, w) => sum + w, 0);
      for (const [s, w] of weights.entries()) {
        for (let i = 0; i < d; i++) out[head * d + i]! += (w / total) * v[first + s]![kv + i]!;
      }
    }
    return out;
  });
}
