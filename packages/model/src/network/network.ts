import { AttuneError } from '@attune/gpu';
import { type Dtype, isQuantised, matmul, packBlocks, type Tensor } from '@attune/kernels';
import type { Graph, Store } from '@attune/plan';
import type { ModelConfig } from '../config/config.ts';
import { blueprintOf, modulesOf } from '../families/families.ts';
import { float32Rows, rawRows, transposed, type WeightSource } from '../files/weights.ts';
import {
  type LaidTensor,
  laidTensors,
  partName,
  plainLayout,
  type Stack,
  type WeightLayout,
} from './layout.ts';
import { uploadRope } from './positions.ts';
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
  /** The weight is [in, out]: a matrix of the model's own that trains whole (GPT-2). Else it is [out, in]. */
  readonly transposed?: boolean;
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
  readonly #turned: ReadonlySet<string>;

  /** `layout` is how the store has the frozen weights: what `uploadWeights` was given. */
  constructor(config: ModelConfig, tuning: Tuning = {}, layout: WeightLayout = plainLayout) {
    this.config = config;
    this.tuning = tuning;
    this.layout = layout;
    const tensors = [...laidTensors(config, layout)];
    this.#shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
    this.#turned = new Set(modulesOf(config).flatMap((m) => (m.transposed ? [m.path] : [])));
  }

  /** The layers that lie side by side under `path`, or undefined where they are apart. */
  stack(path: string): Stack | undefined {
    return this.layout.stacks.get(path);
  }

  has(name: string): boolean {
    return this.#shapes.has(name);
  }

  /** A parameter: what trains in its place, with the shape that the model has, or the frozen one as it lies. */
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
    const own = this.tuning.weight?.(graph, `${path}.weight`);
    const weight = own ?? this.#frozen(graph, `${path}.weight`);
    const transposed = own !== undefined && this.#turned.has(path);
    const bias = this.has(`${path}.bias`) ? this.weight(graph, `${path}.bias`) : undefined;
    const rest = { weight, ...(bias && { bias }), ...(residual && { residual }) };
    const tuned = { read, ...rest, ...(transposed && { transposed }) };
    return (
      this.tuning.linear?.(graph, path, tuned) ??
      graph.apply(matmul, { x: read().y, ...rest }, { transposeWeight: !transposed }).y
    );
  }

  /** A table in its parts, from the first row on: one, unless the frozen one does not fit into one binding. */
  parts(graph: Graph, name: string): Tensor[] {
    const own = this.tuning.weight?.(graph, name);
    return own ? [own] : this.#frozenParts(graph, name);
  }

  #frozenParts(graph: Graph, name: string): Tensor[] {
    if (!this.layout.splits?.has(name)) return [this.#frozen(graph, name)];
    const parts: Tensor[] = [];
    for (let i = 0; ; i++) {
      const shape = this.#shapes.get(partName(name, i));
      if (!shape) return parts;
      parts.push(graph.resident(partName(name, i), shape, this.layout.formats.get(name)));
    }
  }

  /**
   * The output layer [vocabulary, hidden] as one tensor: its own, or the embedding table.
   * @throws AttuneError `tensor-too-large` where it lies in parts
   */
  outputWeight(graph: Graph): Tensor {
    const parts = this.outputParts(graph);
    if (parts.length === 1) return parts[0]!;
    throw new AttuneError(
      'tensor-too-large',
      `The output layer lies in ${parts.length} parts, since this adapter binds less at once; what was asked for needs it whole.`,
      'Use a smaller vocabulary, or an adapter with larger bindings.',
    );
  }

  /** The output layer's parts, from the first row on: its own, or the embedding table's. */
  outputParts(graph: Graph): Tensor[] {
    if (this.config.head === 'score') {
      throw new AttuneError(
        'no-output-layer',
        `${this.config.architecture} gives scores and has no output layer over the vocabulary.`,
        'Use a language model here; attune score asks a reward model.',
      );
    }
    const own = this.tuning.weight?.(graph, 'lm_head.weight');
    if (own) return [own];
    const tied = this.config.tieWordEmbeddings && !this.has('lm_head.weight');
    if (!tied) return this.parts(graph, 'lm_head.weight');
    const table = `${blueprintOf(this.config).tokens.path}.weight`;
    return this.tuning.unties ? this.#frozenParts(graph, table) : this.parts(graph, table);
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
  for (const [i, tensor] of wanted.entries()) {
    const dtype = layout.formats.get(tensor.first === undefined ? tensor.name : tensor.from[0]!);
    await upload(store, weights, tensor, dtype ?? 'f32');
    progress?.(i + 1, wanted.length);
  }
  uploadRope(store, config, positions);
}

/** Bytes of a matrix that are read and written at once. */
const pieceBytes = 16 << 20;

/** Makes a tensor's buffer and writes its numbers. A matrix of floats goes to it in pieces, from the file on. */
async function upload(
  store: Store,
  weights: WeightSource,
  tensor: LaidTensor,
  dtype: Dtype,
): Promise<void> {
  const { name, shape, from, transposed: other, first = 0 } = tensor;
  store.create(name, shape, dtype);
  if (from.length > 1 || other || shape.length === 1 || isQuantised(dtype)) {
    store.write(name, await numbers(weights, tensor, dtype));
    return;
  }
  const [rows, width] = shape as [number, number];
  const step = 4 * Math.max(1, Math.floor(pieceBytes / (16 * width)));
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    if (dtype === 'f32') {
      store.write(name, await float32Rows(weights, from[0]!, first + row, count), row * width);
    } else {
      const piece = await rawRows(weights, from[0]!, first + row, count);
      store.write(name, piece, row * (piece.length / count));
    }
  }
}

/** Tensors of a file one behind the other: rows of one format stay rows. */
async function numbers(weights: WeightSource, tensor: LaidTensor, dtype: Dtype) {
  const parts = await Promise.all(tensor.from.map((name) => bytesOf(weights, name, tensor, dtype)));
  const whole = parts.length === 1 ? parts[0]! : joined(parts);
  return isQuantised(dtype) ? packBlocks(dtype, whole) : whole;
}

/** A tensor of a file as the device has it. */
async function bytesOf(
  weights: WeightSource,
  name: string,
  { shape, transposed: other, first }: LaidTensor,
  dtype: Dtype,
): Promise<Uint8Array> {
  const turned = <T extends Float32Array | Uint16Array>(values: T) =>
    other ? transposed(values, shape[1]!, shape[0]!) : values;
  if (dtype === 'f32') {
    const { buffer, byteOffset, byteLength } = turned(await weights.float32(name));
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  if (first !== undefined) return rawRows(weights, name, first, shape[0]!);
  const raw = await weights.raw(name);
  // A GGUF file has such a matrix as the device wants it; numbers of two bytes can be turned.
  if (!other || weights.info(name).rawTransposed) return raw;
  return new Uint8Array(turned(new Uint16Array(raw.slice().buffer)).buffer);
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
