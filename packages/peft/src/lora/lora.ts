import { AttuneError } from '@attune/gpu';
import { lora as loraKernel } from '@attune/kernels';
import type { ModelConfig } from '@attune/model';
import type { TrainableTensor } from '@attune/plan';
import { adapterConfigFile, adapterWeightsFile } from '../adapter-names.ts';
import type { TuningKind } from '../kind.ts';
import { sameModel, type TuningMethod } from '../method.ts';
import { settingsOf } from '../settings.ts';
import { findTargets, patternValue } from '../targets.ts';
import { outputTensor, tableTensor } from '../tied.ts';
import {
  flatLora,
  type LoraConfig,
  type LoraSettings,
  loraConfig,
  loraOther,
  trlLora,
  trlNames,
} from './lora.config.ts';
import { layerSeed } from './lora.dropout.ts';
import { loraFiles, readLora } from './lora.files.ts';
import { writeLoraGguf } from './lora.gguf.ts';
import { mergeLora } from './lora.merge.ts';
import { checkRules, checkStart } from './lora.rules.ts';
import { stackedLayers } from './lora.stacks.ts';
import { initialMatrix } from './lora.start.ts';
import { type SavedModules, savedModules } from './modules-to-save.ts';

/** One adapted layer. */
export interface LoraLayer {
  readonly path: string;
  readonly out: number;
  readonly in: number;
  /** The base weight is [in, out], as in GPT-2; A and B are as everywhere. */
  readonly transposed?: boolean;
  readonly r: number;
  readonly scale: number;
}

export interface LoraMethod extends TuningMethod {
  readonly kind: 'LORA';
  readonly config: LoraSettings;
  readonly layers: readonly LoraLayer[];
  /** Base weights trained whole: `modules_to_save`. */
  readonly saved: readonly string[];
  readonly modules: SavedModules;
}

/** LoRA: PEFT's keys, and its two files. */
export const lora: TuningKind<typeof loraConfig> = {
  peftType: 'LORA',
  title: 'LoRA',
  config: loraConfig,
  other: loraOther,
  chosenBy: 'usePeft',
  flat: flatLora,
  trl: { keys: trlLora, names: trlNames },
  create(settings, model, { seed }) {
    checkStart(settings.initLoraWeights, 'LORA');
    return loraMethod(model.config, settings, seed);
  },
  files: {
    own: (_, config) => config?.peft_type === 'LORA',
    weights: adapterWeightsFile,
    bringsScoreHead(config) {
      const { taskType, modulesToSave } = settingsOfFile(config);
      return taskType === 'SEQ_CLS' || (modulesToSave ?? []).includes('score');
    },
    read(model, files) {
      const method = loraMethod(model.config, settingsOfFile(files.config), 42);
      return { method, values: readLora(method, files) };
    },
  },
};

/** The settings in adapter_config.json. @throws AttuneError `bad-value`, `key-not-done` */
function settingsOfFile(config: Readonly<Record<string, unknown>>): LoraSettings {
  const settings = settingsOf(lora, config, { where: adapterConfigFile, file: true });
  checkStart(settings.initLoraWeights, adapterConfigFile, { read: true });
  return settings;
}

/**
 * Low-rank adaptation: W stays, A [r, in] and B [out, r] train in y = x·Wᵀ + s·(x·Aᵀ)·Bᵀ. The defaults are PEFT's.
 * @throws AttuneError `no-target-modules`, `bad-target-modules`, `no-modules-to-save`, `bad-value`
 * @see Hu et al. 2021, https://arxiv.org/abs/2106.09685; rsLoRA: Kalajdzievski 2023, https://arxiv.org/abs/2312.03732
 */
export function loraTuning(model: ModelConfig, config: LoraConfig, seed = 42): LoraMethod {
  const settings = settingsOf(lora, { peftType: 'LORA', ...config }, { where: 'LORA' });
  checkStart(settings.initLoraWeights, 'LORA');
  return loraMethod(model, settings, seed);
}

function loraMethod(model: ModelConfig, config: LoraSettings, seed: number): LoraMethod {
  checkRules(config);
  const layers = findTargets(model, config).map((module) => {
    const r = patternValue(module.path, config.rankPattern) ?? config.r;
    const alpha = patternValue(module.path, config.alphaPattern) ?? config.loraAlpha;
    if (!Number.isInteger(r) || r < 1 || r > Math.max(module.in, module.out) || !(alpha > 0)) {
      throw new AttuneError(
        'bad-value',
        `LORA: rank ${r} and alpha ${alpha} on ${module.path} [${module.out}, ${module.in}], not a whole rank from 1 to ${Math.max(module.in, module.out)} and an alpha above 0.`,
        'Mend r, lora_alpha, rank_pattern or alpha_pattern.',
      );
    }
    return { ...module, r, scale: alpha / (config.useRslora ? Math.sqrt(r) : r) };
  });
  const modules = savedModules(model, config);
  const byPath = new Map(layers.map((layer) => [layer.path, layer]));
  const dropout = config.loraDropout;
  const sideBySide = stackedLayers(model, byPath);
  const shapes = new Map(modules.tensors.map(({ name, shape }) => [name, shape]));
  const table = tableTensor(model);
  // The output layer goes on using the frozen table where it has no numbers of its own.
  const keepsTable = modules.output === 'parts' && !shapes.has(outputTensor);
  const method: LoraMethod = {
    kind: 'LORA',
    leaves: 'adapter',
    config,
    layers,
    saved: modules.tensors.map(({ name }) => name),
    modules,
    tensors: [
      ...layers.flatMap(({ path, out, in: width, r }): TrainableTensor[] => [
        { name: `${path}.lora_A.weight`, shape: [r, width], decay: true },
        { name: `${path}.lora_B.weight`, shape: [out, r], decay: true },
      ]),
      ...modules.tensors.map(({ name, shape }) => ({
        name,
        shape,
        decay: !/norm|bias/.test(name),
      })),
    ],
    trains: () => true,
    modelFor: sameModel,
    replaces: (name) => shapes.has(name) && !(keepsTable && name === table),
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
      if (shapes.has(name)) {
        const tied = name === outputTensor && !weights.has(name);
        return weights.float32(tied ? table : name);
      }
      const layer = byPath.get(name.replace(/\.lora_[AB]\.weight$/, ''))!;
      const isA = name.endsWith('lora_A.weight');
      return initialMatrix(layer, isA, config.initLoraWeights, { seed, name });
    },
    tuning: (trainable, options) => ({
      unties: keepsTable && shapes.has(table),
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
          return graph.apply(loraKernel, dropping, { scale, dropout }).y;
        }
        const { y: x, down } = read({ a, scale });
        return graph.apply(
          loraKernel,
          { x, a, b, ...rest, ...(down && { down }) },
          { scale, ...(stacked && { blocks: stacked.blocks }) },
        ).y;
      },
    }),
    save: (values, options) => loraFiles(method, values, options),
    merge: (model, values) => mergeLora(model, method, values),
    gguf: (model, values) => writeLoraGguf(model, method, values),
  };
  return method;
}

/** Whether a method is LoRA. */
export function isLora(method: TuningMethod): method is LoraMethod {
  return method.kind === 'LORA';
}
