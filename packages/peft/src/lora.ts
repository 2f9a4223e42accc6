import { AttuneError } from '@attune/gpu';
import {
  type Dtype,
  elements,
  lora,
  philox,
  randomNormals,
  randomUniforms,
  type Tensor,
} from '@attune/kernels';
import { blueprintOf, expectedTensors, type ModelConfig } from '@attune/model';
import type { Graph, TrainableTensor } from '@attune/plan';
import { stackedLayers } from './lora-stacks.ts';
import type { TuningMethod } from './method.ts';
import { findTargets, matchesModule, patternValue, type TargetOptions } from './targets.ts';

/** PEFT's LoraConfig, in camelCase; the defaults are PEFT's. */
export interface LoraConfig extends TargetOptions {
  /** Rank. Default 8. */
  readonly r?: number;
  /** The update is scaled by alpha / r, or alpha / √r with `useRslora`. Default 8. */
  readonly loraAlpha?: number;
  /** Default 0. */
  readonly loraDropout?: number;
  readonly useRslora?: boolean;
  readonly modulesToSave?: readonly string[] | null;
  /** `SEQ_CLS`, for reward models, trains and saves the score head too, as PEFT does. Default `CAUSAL_LM`. */
  readonly taskType?: 'CAUSAL_LM' | 'SEQ_CLS';
  readonly rankPattern?: Readonly<Record<string, number>>;
  readonly alphaPattern?: Readonly<Record<string, number>>;
  /** `gaussian`: A is normal with deviation 1 / r; false: B too is random. Default true: uniform A, B = 0. */
  readonly initLoraWeights?: boolean | 'gaussian';
}

/** One adapted layer. */
export interface LoraLayer {
  readonly path: string;
  readonly out: number;
  readonly in: number;
  readonly r: number;
  readonly scale: number;
}

export interface LoraMethod extends TuningMethod {
  readonly config: LoraConfig;
  readonly layers: readonly LoraLayer[];
  /** Base weights trained whole: `modules_to_save`. */
  readonly saved: readonly string[];
}

/** The u32 [2] input of graphs whose LoRA layers drop: a new seed each micro-batch. */
export const dropoutSeed = 'dropout seed';

/**
 * Low-rank adaptation: W stays, A [r, in] and B [out, r] train in y = x·Wᵀ + s·(x·Aᵀ)·Bᵀ.
 * @throws AttuneError `no-target-modules`, `bad-lora-config`
 * @see Hu et al. 2021, https://arxiv.org/abs/2106.09685; rsLoRA: Kalajdzievski 2023, https://arxiv.org/abs/2312.03732
 */
export function loraTuning(model: ModelConfig, config: LoraConfig, seed = 42): LoraMethod {
  const layers = findTargets(model, config).map((module) => {
    const r = patternValue(module.path, config.rankPattern ?? {}) ?? config.r ?? 8;
    const alpha = patternValue(module.path, config.alphaPattern ?? {}) ?? config.loraAlpha ?? 8;
    if (!Number.isInteger(r) || r < 1 || r > Math.max(module.in, module.out) || !(alpha > 0)) {
      throw new AttuneError(
        'bad-lora-config',
        `LoRA of rank ${r} and alpha ${alpha} on ${module.path} [${module.out}, ${module.in}] makes no sense.`,
        'Give a whole rank from 1 to the size of the layer, and an alpha above 0.',
      );
    }
    return { ...module, r, scale: alpha / (config.useRslora ? Math.sqrt(r) : r) };
  });
  const saved = savedTensors(model, config);
  const byPath = new Map(layers.map((layer) => [layer.path, layer]));
  const dropout = config.loraDropout ?? 0;
  const sideBySide = stackedLayers(model, byPath);
  const shapes = new Map(saved.map(({ name, shape }) => [name, shape]));
  const table = `${blueprintOf(model).tokens.path}.weight`;
  return {
    kind: 'LORA',
    config,
    layers,
    saved: saved.map(({ name }) => name),
    tensors: [
      ...layers.flatMap(({ path, out, in: width, r }): TrainableTensor[] => [
        { name: `${path}.lora_A.weight`, shape: [r, width], decay: true },
        { name: `${path}.lora_B.weight`, shape: [out, r], decay: true },
      ]),
      ...saved.map(({ name, shape }) => ({ name, shape, decay: !/norm|bias/.test(name) })),
    ],
    // A tied output layer goes on using the frozen table.
    replaces: (name) => shapes.has(name) && !(model.tieWordEmbeddings && name === table),
    joins: ({ path, parts }, options) => {
      const stacked = sideBySide.get(path);
      const whole = parts.some((part) =>
        ['weight', 'bias'].some((kind) => shapes.has(`${part}.${kind}`)),
      );
      if (whole || !stacked) return !whole;
      // Each layer drops by itself, and has its own scale.
      const drops = dropout > 0 && options?.dropout !== false;
      return !drops && stacked.layers.every(({ scale }) => scale === stacked.layers[0]!.scale);
    },
    stacks: (stacks) => [...stacks].flatMap(({ path }) => sideBySide.get(path)?.tensors ?? []),
    async initial(name, weights) {
      const shape = shapes.get(name);
      if (shape) {
        const tied = name === 'lm_head.weight' && !weights.has(name);
        return weights.float32(tied ? table : name);
      }
      const layer = byPath.get(name.replace(/\.lora_[AB]\.weight$/, ''))!;
      return initialMatrix(layer, name.endsWith('lora_A.weight'), config.initLoraWeights ?? true, {
        seed,
        stream: hash(name),
      });
    },
    tuning: (trainable, options) => ({
      // A copy of a tied table that alone is trained must not change the output layer: PEFT unties them.
      unties: shapes.has(table),
      weight: (graph, name) =>
        shapes.has(name) ? trainable.tensor(graph, name, options) : undefined,
      linear(graph, path, inputs) {
        const stacked = sideBySide.get(path);
        const layer = stacked?.layers[0] ?? byPath.get(path);
        if (!layer) return undefined;
        const { read, ...rest } = inputs;
        const { scale } = layer;
        const a = trainable.tensor(graph, `${path}.lora_A.weight`, options)!;
        const b = trainable.tensor(graph, `${path}.lora_B.weight`, options)!;
        const training = dropout > 0 && options?.gradient !== false && options?.dropout !== false;
        if (training) {
          const dropping = { x: read().y, a, b, ...rest, seed: layerSeed(graph, path) };
          return graph.apply(lora, dropping, { scale, dropout }).y;
        }
        const { y: x, down } = read({ a, scale });
        return graph.apply(
          lora,
          { x, a, b, ...rest, ...(down && { down }) },
          { scale, ...(stacked && { blocks: stacked.blocks }) },
        ).y;
      },
    }),
  };
}

/** Each layer drops by its own seed: the graph's input has a pair for every layer that asks. */
function layerSeed(graph: Graph, path: string): Tensor {
  return namedInput(graph, `${dropoutSeed} ${path}`, [2], 'u32');
}

const inputs = new WeakMap<Graph, Map<string, Tensor>>();
function namedInput(graph: Graph, name: string, shape: number[], dtype: Dtype): Tensor {
  const own = inputs.get(graph) ?? new Map<string, Tensor>();
  inputs.set(graph, own);
  let tensor = own.get(name);
  if (!tensor) {
    tensor = graph.input(name, shape, dtype);
    own.set(name, tensor);
  }
  return tensor;
}

/** The values of a graph's dropout seeds for one micro-batch: a function of seed, count and layer. */
export function dropoutValues(
  names: Iterable<string>,
  seed: number,
  microBatch: number,
): Record<string, Uint32Array> {
  const values: Record<string, Uint32Array> = {};
  for (const name of names) {
    if (!name.startsWith(dropoutSeed)) continue;
    const [a, b] = philox([microBatch >>> 0, 0, hash(name), 7], [seed >>> 0, 0]);
    values[name] = Uint32Array.of(a, b);
  }
  return values;
}

/** What PEFT adds to `modules_to_save` of a classifier; models have one of them. */
export const classifierModules = ['classifier', 'score'];

function savedTensors(model: ModelConfig, { modulesToSave, taskType }: LoraConfig) {
  const classifies = taskType === 'SEQ_CLS';
  if (classifies && model.head !== 'score') {
    throw new AttuneError(
      'missing-score-head',
      `The adapter is for a classifier (task type SEQ_CLS), but ${model.architecture} has no score head.`,
      'Use it with a reward model (attune reward, attune score), or train with lora_task_type CAUSAL_LM.',
    );
  }
  // A file may name a module twice.
  const modules = new Set([...(modulesToSave ?? []), ...(classifies ? classifierModules : [])]);
  const tensors = [...expectedTensors(model)];
  const tiedHead = { name: 'lm_head.weight', shape: [model.vocabSize, model.hiddenSize] };
  if (model.tieWordEmbeddings && !tensors.some(({ name }) => name === tiedHead.name)) {
    tensors.push(tiedHead);
  }
  return [...modules].flatMap((module) => {
    const found = tensors.filter(({ name }) =>
      matchesModule(name.replace(/\.(weight|bias)$/, ''), [module]),
    );
    if (found.length > 0 || (classifies && classifierModules.includes(module))) return found;
    throw new AttuneError(
      'bad-lora-config',
      `modules_to_save names ${module}, which the model does not have.`,
      'Name modules of the model, such as lm_head or embed_tokens.',
    );
  });
}

function initialMatrix(
  { in: width, out, r }: LoraLayer,
  isA: boolean,
  init: boolean | 'gaussian',
  { seed, stream }: { seed: number; stream: number },
): Float32Array {
  const count = isA ? r * width : out * r;
  if (!isA && init !== false) return new Float32Array(count);
  // Kaiming uniform with a = √5 is uniform within 1 / √columns.
  const bound = 1 / Math.sqrt(isA ? width : r);
  if (init === 'gaussian') return randomNormals(count, seed, stream).map((value) => value / r);
  return randomUniforms(count, seed, stream).map((value) => (2 * value - 1) * bound);
}

function hash(text: string): number {
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return h >>> 0;
}

/** Whether a method is LoRA, whose update can be merged and written for llama.cpp. */
export function isLora(method: TuningMethod): method is LoraMethod {
  return method.kind === 'LORA';
}

/** Numbers that LoRA trains. */
export function loraParameters(method: LoraMethod): number {
  return method.tensors.reduce((sum, { shape }) => sum + elements(shape), 0);
}
