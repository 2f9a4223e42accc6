import { AttuneError } from '@attune/gpu';
import { type Dtype, isQuantised, matmul, packBlocks, rowUnit, type Tensor } from '@attune/kernels';
import type { Graph, Store } from '@attune/plan';
import type { ExpectedTensor, ModelConfig } from '../config/config.ts';
import { expectedTensors } from '../config/parse.ts';
import { ropeTable } from '../config/rope.ts';
import type { WeightSource } from '../files/weights.ts';

export interface LinearInputs {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias?: Tensor;
}

/**
 * What trains, and where it enters: a tuning method answers for the tensors and layers that it
 * changes and leaves the rest (undefined) to the plain model.
 */
export interface Tuning {
  /** A tied output layer goes on using the frozen table, whatever stands in for the embedding. */
  readonly unties?: boolean;
  /** The trained tensor in place of the frozen weight `name`. */
  weight?(graph: Graph, name: string): Tensor | undefined;
  /** The output of the linear layer at `path` (a module path, such as model.layers.0.mlp.up_proj). */
  linear?(graph: Graph, path: string, inputs: LinearInputs): Tensor | undefined;
}

/** A model's tensors as graphs see them: frozen residents, or what a tuning method puts in their place. */
export class Network {
  readonly config: ModelConfig;
  readonly tuning: Tuning;
  /** How frozen residents hold their numbers, where not as f32. */
  readonly formats: WeightFormats;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;

  constructor(config: ModelConfig, tuning: Tuning = {}, formats: WeightFormats = new Map()) {
    this.config = config;
    this.tuning = tuning;
    this.formats = formats;
    this.#shapes = new Map([...expectedTensors(config)].map(({ name, shape }) => [name, shape]));
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
    return graph.resident(name, shape, this.formats.get(name));
  }

  /** y = x·Wᵀ + bias for the layer at `path`, as the tuning method changes it. */
  linear(graph: Graph, path: string, x: Tensor): Tensor {
    const weight = this.weight(graph, `${path}.weight`);
    const bias = this.has(`${path}.bias`) ? this.weight(graph, `${path}.bias`) : undefined;
    const inputs = { x, weight, ...(bias && { bias }) };
    return (
      this.tuning.linear?.(graph, path, inputs) ??
      graph.apply(matmul, inputs, { transposeWeight: true }).y
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

/** Weights a model needs on the GPU; `except` names those that train elsewhere. */
export function frozenTensors(
  config: ModelConfig,
  except: (name: string) => boolean = () => false,
): ExpectedTensor[] {
  return [...expectedTensors(config)].filter(({ name }) => !except(name));
}

/** The format of each frozen matrix that is not held as f32, by name. */
export type WeightFormats = ReadonlyMap<string, Dtype>;

/** Formats of files that kernels read as they are. */
const kept: Readonly<Record<string, Dtype>> = {
  ...{ F16: 'f16', BF16: 'bf16' },
  ...{ Q8_0: 'q8_0', Q4_0: 'q4_0', Q4_1: 'q4_1', Q4_K: 'q4_k' },
};

/**
 * The matrices of a model that can stay on the device as the file has them: kernels turn them into float32 as
 * they read. The others (norms, formats that kernels do not know, rows that are no whole blocks) become f32.
 */
export function weightFormats(config: ModelConfig, weights: WeightSource): WeightFormats {
  const formats = new Map<string, Dtype>();
  for (const { name, shape } of expectedTensors(config)) {
    if (!/(_proj|embed_tokens|lm_head)\.weight$/.test(name) || !weights.has(name)) continue;
    const dtype = kept[weights.info(name).dtype];
    if (dtype && shape.at(-1)! % rowUnit(dtype) === 0) formats.set(name, dtype);
  }
  return formats;
}

/** Uploads the weights, in `formats` or as f32, and the rotary table for `positions` positions. */
export async function uploadWeights(
  store: Store,
  config: ModelConfig,
  weights: WeightSource,
  {
    except,
    formats = new Map(),
    positions = config.maxPositionEmbeddings,
    progress,
  }: {
    except?: (name: string) => boolean;
    formats?: WeightFormats;
    positions?: number;
    progress?: (done: number, total: number) => void;
  } = {},
): Promise<void> {
  const wanted = frozenTensors(config, except);
  for (const [i, { name, shape }] of wanted.entries()) {
    const dtype = formats.get(name) ?? 'f32';
    store.create(name, shape, dtype);
    store.write(name, await numbers(weights, name, dtype));
    progress?.(i + 1, wanted.length);
  }
  uploadRope(store, config, positions);
}

async function numbers(weights: WeightSource, name: string, dtype: Dtype) {
  if (dtype === 'f32') return weights.float32(name);
  const raw = await weights.raw(name);
  return isQuantised(dtype) ? packBlocks(dtype, raw) : raw;
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
