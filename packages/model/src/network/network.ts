import { AttuneError } from '@attune/gpu';
import { type Dtype, isQuantised, matmul, packBlocks, type Tensor } from '@attune/kernels';
import type { Graph, Store } from '@attune/plan';
import type { ModelConfig } from '../config/config.ts';
import { ropeTable } from '../config/rope.ts';
import type { WeightSource } from '../files/weights.ts';
import { laidTensors, plainLayout, type Stack, type WeightLayout } from './layout.ts';
import type { VirtualTokens } from './virtual.ts';

/**
 * What a linear layer reads, recorded when it is asked for. A tuning method that needs down = scale · x·aᵀ
 * [tokens, rank] besides says so: a norm makes it by the way.
 */
export type Reading = (low?: { a: Tensor; scale: number }) => {
  readonly y: Tensor;
  readonly down?: Tensor;
};

export interface LinearInputs {
  readonly read: Reading;
  readonly weight: Tensor;
  readonly bias?: Tensor;
  /** Added to the layer's output. */
  readonly residual?: Tensor;
}

/**
 * What trains, and where it enters: a tuning method answers for the tensors and layers that it
 * changes and leaves the rest (undefined) to the plain model.
 */
export interface Tuning {
  /** A tied output layer goes on using the frozen table, whatever stands in for the embedding. */
  readonly unties?: boolean;
  /** Virtual tokens before every document. */
  readonly virtual?: VirtualTokens;
  /** The trained tensor in place of the frozen weight `name`. */
  weight?(graph: Graph, name: string): Tensor | undefined;
  /**
   * The output of the linear layer at `path`: a module path, such as model.layers.0.mlp.down_proj, or that of a
   * stack of layers.
   */
  linear?(graph: Graph, path: string, inputs: LinearInputs): Tensor | undefined;
}

/** A model's tensors as graphs see them: frozen residents, or what a tuning method puts in their place. */
export class Network {
  readonly config: ModelConfig;
  readonly tuning: Tuning;
  readonly layout: WeightLayout;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;

  /** `layout` is how the store has the frozen weights: what `uploadWeights` was given. */
  constructor(config: ModelConfig, tuning: Tuning = {}, layout: WeightLayout = plainLayout) {
    this.config = config;
    this.tuning = tuning;
    this.layout = layout;
    const tensors = [...laidTensors(config, layout)];
    this.#shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  }

  /** The layers that lie side by side under `path`, or undefined where they are apart. */
  stack(path: string): Stack | undefined {
    return this.layout.stacks.get(path);
  }

  has(name: string): boolean {
    return this.#shapes.has(name);
  }

  weight(graph: Graph, name: string): Tensor {
    return this.tuning.weight?.(graph, name) ?? this.#frozen(graph, name);
  }

  #frozen(graph: Graph, name: string): Tensor {
    const shape = this.#shapes.get(name);
    if (!shape) {
      throw new AttuneError(
        'missing-tensor',
        `The model has no tensor ${name}.`,
        'Check that the config belongs to these weights.',
      );
    }
    return graph.resident(name, shape, this.layout.formats.get(name));
  }

  /** y = x·Wᵀ + bias + residual for the layer or stack at `path`, as the tuning method changes it. */
  linear(graph: Graph, path: string, read: Reading, residual?: Tensor): Tensor {
    const weight = this.weight(graph, `${path}.weight`);
    const bias = this.has(`${path}.bias`) ? this.weight(graph, `${path}.bias`) : undefined;
    const rest = { weight, ...(bias && { bias }), ...(residual && { residual }) };
    return (
      this.tuning.linear?.(graph, path, { read, ...rest }) ??
      graph.apply(matmul, { x: read().y, ...rest }, { transposeWeight: true }).y
    );
  }

  /** The output layer [vocabulary, hidden]: its own, or the embedding table. */
  outputWeight(graph: Graph): Tensor {
    if (this.config.head === 'score') {
      throw new AttuneError(
        'no-output-layer',
        `${this.config.architecture} gives scores and has no output layer over the vocabulary.`,
        'Use a language model here; attune score asks a reward model.',
      );
    }
    const own = this.tuning.weight?.(graph, 'lm_head.weight');
    if (own) return own;
    const tied = this.config.tieWordEmbeddings && !this.has('lm_head.weight');
    if (!tied) return this.weight(graph, 'lm_head.weight');
    const table = 'model.embed_tokens.weight';
    return this.tuning.unties ? this.#frozen(graph, table) : this.weight(graph, table);
  }
}

/**
 * Uploads the weights as `layout` says, and the rotary table for `positions` positions; `except` names those that
 * are not wanted, since something trained stands in their place.
 */
export async function uploadWeights(
  store: Store,
  config: ModelConfig,
  weights: WeightSource,
  {
    except = () => false,
    layout = plainLayout,
    positions = config.maxPositionEmbeddings,
    progress,
  }: {
    except?: (name: string) => boolean;
    layout?: WeightLayout;
    positions?: number;
    progress?: (done: number, total: number) => void;
  } = {},
): Promise<void> {
  const wanted = [...laidTensors(config, layout)].filter(({ from }) => !from.every(except));
  for (const [i, { name, shape, from }] of wanted.entries()) {
    const dtype = layout.formats.get(name) ?? 'f32';
    store.create(name, shape, dtype);
    store.write(name, await numbers(weights, from, dtype));
    progress?.(i + 1, wanted.length);
  }
  uploadRope(store, config, positions);
}

/** Tensors of a file one behind the other: rows of one format stay rows. */
async function numbers(weights: WeightSource, names: readonly string[], dtype: Dtype) {
  const read = (name: string) => (dtype === 'f32' ? weights.float32(name) : weights.raw(name));
  const parts = await Promise.all(names.map(read));
  const bytes = parts.map(({ buffer, byteOffset, byteLength }) => {
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
  const whole = bytes.length === 1 ? bytes[0]! : joined(bytes);
  return isQuantised(dtype) ? packBlocks(dtype, whole) : whole;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The rotary table's residents: cosines and sines of `positions` positions. */
export function uploadRope(store: Store, config: ModelConfig, positions: number): void {
  const table = ropeTable(config.rope, config.headDim, positions);
  for (const part of ['cos', 'sin'] as const) {
    store.create(`rope.${part}`, [positions, config.headDim / 2], 'f32', 'weights');
    store.write(`rope.${part}`, table[part]);
  }
}

/** The rotary table in a graph. */
export function ropeTensors(graph: Graph, config: ModelConfig, positions: number) {
  const shape = [positions, config.headDim / 2];
  return { cos: graph.resident('rope.cos', shape), sin: graph.resident('rope.sin', shape) };
}
