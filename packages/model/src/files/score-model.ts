import { AttuneError } from '@attune/gpu';
import { randomNormals } from '@attune/kernels';
import type { ModelConfig } from '../config/config.ts';
import { familyOf } from '../families/families.ts';
import type { OpenModel } from './open.ts';
import type { WeightSource } from './weights.ts';

const headName = 'score.weight';
/** The generator's stream of the head, apart from those of whole models. */
const headStream = 0x5c04e;

export interface ScoreModelOptions {
  /** Seed of a fresh head. Default 42. */
  readonly seed?: number;
  /** Padding's token id, which the config of a judge must name. Default: the model's own. */
  readonly padTokenId?: number | null;
}

/**
 * The model as a judge of one score, as `AutoModelForSequenceClassification(num_labels=1)` opens it: a
 * reward or value model as it is; a language model without its output layer, under a fresh head
 * (normal with `initializer_range`, the same numbers for a seed on any machine). `rawConfig` is what to
 * write beside the weights.
 * @throws AttuneError `bad-score-head` when the model has a head of several scores
 * @example const judge = scoreModel(await openModel('SmolLM2-135M'), { seed: 42, padTokenId: 0 });
 */
export function scoreModel(model: OpenModel, options: ScoreModelOptions = {}): OpenModel {
  const { config } = model;
  const padTokenId = options.padTokenId ?? config.padTokenId;
  if (config.head === 'score') {
    if (config.numLabels === 1) {
      const rawConfig = { ...model.rawConfig, pad_token_id: padTokenId };
      return judge(model, rawConfig, { ...config, padTokenId }, model.weights);
    }
    throw new AttuneError(
      'bad-score-head',
      `${model.files.name} classifies into ${config.numLabels} labels; a reward model has one.`,
      'Start from a language model, or from a reward model with num_labels 1.',
    );
  }
  const architecture = familyOf(config.modelType).classes.score;
  const scoring: ModelConfig = { ...config, architecture, head: 'score', numLabels: 1, padTokenId };
  const rawConfig = {
    ...model.rawConfig,
    architectures: [architecture],
    id2label: { 0: 'LABEL_0' },
    label2id: { LABEL_0: 0 },
    pad_token_id: padTokenId,
  };
  const weights = withHead(model.weights, scoring, options.seed ?? 42);
  return judge(model, rawConfig, scoring, weights);
}

function judge(
  model: OpenModel,
  rawConfig: Record<string, unknown>,
  config: ModelConfig,
  weights: WeightSource,
): OpenModel {
  const { files, generationConfig } = model;
  return {
    config,
    rawConfig,
    weights,
    files,
    ...(generationConfig && { generationConfig }),
    get tokenizer() {
      return model.tokenizer;
    },
  };
}

function withHead(weights: WeightSource, config: ModelConfig, seed: number): WeightSource {
  const { hiddenSize, initializerRange } = config;
  const fresh = () => {
    const normals = randomNormals(hiddenSize, seed, headStream);
    return Float32Array.from(normals, (value) => value * initializerRange);
  };
  return {
    names: () => [...weights.names().filter((name) => name !== 'lm_head.weight'), headName],
    has: (name) => name === headName || weights.has(name),
    info: (name) =>
      name === headName
        ? { shape: [1, hiddenSize], dtype: 'F32', bytes: 4 * hiddenSize }
        : weights.info(name),
    float32: async (name) => (name === headName ? fresh() : weights.float32(name)),
    raw: async (name) => (name === headName ? new Uint8Array(fresh().buffer) : weights.raw(name)),
  };
}
