import { AttuneError } from '@attune/gpu';
import { elements } from '@attune/kernels';
import { expectedTensors, familyOf, type ModelConfig, parseConfig } from '@attune/model';
import { changedWeights, replacedWeights } from '../changed-weights.ts';
import { stackedWeights } from '../full/full.ts';
import type { TunedParts, TuningKind } from '../kind.ts';
import {
  type ModelParts,
  nextTokenOnly,
  sameModel,
  type TuningMethod,
  withParts,
} from '../method.ts';
import { bitFitConfig, bitFitOther } from './bitfit.config.ts';
import { bitFitFile, bitFitFiles, readBitFit } from './bitfit.files.ts';

export interface BitFitMethod extends TuningMethod {
  readonly kind: 'BITFIT';
}

/** BitFit: its key, and the file of biases. */
export const bitFit: TuningKind<typeof bitFitConfig> = {
  peftType: 'BITFIT',
  title: 'BitFit',
  config: bitFitConfig,
  other: bitFitOther,
  create: ({ addBiases }, model) => (addBiases ? onBiasedModel(model) : bitFitTuning(model.config)),
  files: {
    own: (names) => names.has(bitFitFile),
    weights: bitFitFile,
    read(model, { tensors }) {
      const own = new Set([...expectedTensors(model.config)].map(({ name }) => name));
      const more = [...tensors.keys()].some((name) => name.endsWith('.bias') && !own.has(name));
      const method = more ? onBiasedModel(model) : bitFitTuning(model.config);
      return { method, values: readBitFit(method.tensors, tensors) };
    },
  },
};

/** BitFit on the model with biases of zero where its layers have none. */
const onBiasedModel = (model: TunedParts): BitFitMethod => ({
  ...bitFitTuning(withBiases(model).config),
  modelFor: withBiases,
});

/**
 * BitFit: of all the model's numbers only its biases train, y = x·Wᵀ + b.
 * @throws AttuneError `nothing-to-train` for a model without biases: `withBiases` gives it some
 * @see Ben Zaken et al. 2021, https://arxiv.org/abs/2106.10199
 */
export function bitFitTuning(config: ModelConfig): BitFitMethod {
  const tensors = [...expectedTensors(config)]
    .filter(({ name }) => name.endsWith('.bias'))
    .map(({ name, shape }) => ({ name, shape, decay: false }));
  if (tensors.length === 0) {
    throw new AttuneError(
      'nothing-to-train',
      `BitFit trains biases, and this ${config.modelType} model has none.`,
      familyOf(config.modelType).biasKeys
        ? 'Set add_biases: true, which gives its linear layers biases of zero, or use another method.'
        : 'Use another method, such as LoRA.',
    );
  }
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  return {
    kind: 'BITFIT',
    leaves: 'model',
    tensors,
    trains: nextTokenOnly,
    modelFor: sameModel,
    replaces: (name) => shapes.has(name),
    joins: () => true,
    stacks: (stacks) => stackedWeights(stacks, shapes, ['bias']),
    initial: (name, weights) => weights.float32(name),
    tuning: (trainable, options) => ({
      weight: (graph, name) => trainable.tensor(graph, name, options),
    }),
    save: (values) => bitFitFiles(tensors, values),
    merge: (model, values) =>
      withParts(model, {
        config: model.config,
        rawConfig: model.rawConfig,
        weights: replacedWeights(model.weights, values),
      }),
  };
}

/**
 * The same function with a bias of zero on every linear layer that its config has a word for (`attention_bias`,
 * `mlp_bias`), which config.json then says, and the trained model stays one that transformers loads.
 * @throws AttuneError `unsupported-config` for families whose layers cannot have biases
 */
export function withBiases<M extends ModelParts>(model: M): M {
  const { config, weights } = model;
  const keys = familyOf(config.modelType).biasKeys;
  if (!keys) {
    throw new AttuneError(
      'unsupported-config',
      `Linear layers of a ${config.modelType} model have no biases, and its config has no word for them.`,
      'Leave out add_biases, or use a model whose config.json has attention_bias, such as Llama.',
    );
  }
  const rawConfig = { ...model.rawConfig, ...Object.fromEntries(keys.map((key) => [key, true])) };
  const { attentionBias, attentionOutputBias, mlpBias } = parseConfig(rawConfig);
  const biased = { ...config, attentionBias, attentionOutputBias, mlpBias };
  const zeros = [...expectedTensors(biased)]
    .filter(({ name }) => name.endsWith('.bias') && !weights.has(name))
    .map(({ name, shape }) => {
      return [name, { shape, float32: async () => new Float32Array(elements(shape)) }] as const;
    });
  return withParts(model, {
    config: biased,
    rawConfig,
    weights: changedWeights(weights, new Map(zeros)),
  });
}
