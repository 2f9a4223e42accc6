import { AttuneError } from '@attune/gpu';
import { elements } from '@attune/kernels';
import {
  bytesFromMemory,
  expectedTensors,
  familyOf,
  type ModelConfig,
  parseConfig,
  readSafetensors,
  type WeightSource,
  writeSafetensors,
} from '@attune/model';
import { stackedWeights } from './full.ts';
import type { TuningMethod } from './method.ts';

/** The trained biases by the model's own names: the file that BitFit leaves. */
export const bitFitFile = 'bitfit.safetensors';

export interface BitFitMethod extends TuningMethod {
  readonly kind: 'BITFIT';
}

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
    tensors,
    replaces: (name) => shapes.has(name),
    joins: () => true,
    stacks: (stacks) => stackedWeights(stacks, shapes, ['bias']),
    initial: (name, weights) => weights.float32(name),
    tuning: (trainable, options) => ({
      weight: (graph, name) => trainable.tensor(graph, name, options),
    }),
    save(values) {
      const file = tensors.map(({ name, shape }) => {
        const { buffer, byteOffset, byteLength } = values.get(name)!;
        const data = new Uint8Array(buffer, byteOffset, byteLength);
        return { name, dtype: 'F32' as const, shape: [...shape], data };
      });
      return new Map([[bitFitFile, writeSafetensors(file, { format: 'pt' })]]);
    },
  };
}

/** Reads the file of biases. */
export async function readBiases(bytes: Uint8Array): Promise<Map<string, Float32Array>> {
  const file = await readSafetensors(bytesFromMemory(bytes, bitFitFile));
  const values = new Map<string, Float32Array>();
  for (const name of file.names()) values.set(name, await file.float32(name));
  return values;
}

/** BitFit going on from such values; each of the model's biases must be there. */
export function bitFitFromValues(
  config: ModelConfig,
  values: ReadonlyMap<string, Float32Array>,
): BitFitMethod {
  const method = bitFitTuning(config);
  for (const { name, shape } of method.tensors) {
    const have = values.get(name)?.length;
    if (have === elements(shape)) continue;
    throw new AttuneError(
      have === undefined ? 'missing-tensor' : 'wrong-shape',
      have === undefined
        ? `${bitFitFile} has no ${name}, a bias of this model.`
        : `${name} has ${have} numbers in ${bitFitFile}, [${shape}] in the model.`,
      'Use the base model that the biases were trained on.',
    );
  }
  const known = new Set(method.tensors.map(({ name }) => name));
  const extra = [...values.keys()].find((name) => !known.has(name));
  if (extra === undefined) return method;
  throw new AttuneError(
    'unknown-tensor',
    `${bitFitFile} holds ${extra}, which is no bias of this model.`,
    'Use the base model that the biases were trained on.',
  );
}

/** The three parts of an opened model that biases change. */
interface Biased {
  readonly config: ModelConfig;
  readonly rawConfig: Record<string, unknown>;
  readonly weights: WeightSource;
}

/**
 * The same function with a bias of zero on every linear layer of its blocks: config.json then says
 * `attention_bias` and `mlp_bias`, and the trained model stays one that transformers loads.
 * @throws AttuneError `unsupported-config` for families whose layers cannot have biases
 */
export function withBiases({ config, rawConfig, weights }: Biased): Biased {
  const keys = familyOf(config.modelType).biasKeys;
  if (!keys) {
    throw new AttuneError(
      'unsupported-config',
      `Linear layers of a ${config.modelType} model have no biases, and its config has no word for them.`,
      'Leave out add_biases, or use a model whose config.json has attention_bias, such as Llama.',
    );
  }
  const biasedRaw = { ...rawConfig, ...Object.fromEntries(keys.map((key) => [key, true])) };
  const { attentionBias, attentionOutputBias, mlpBias } = parseConfig(biasedRaw);
  const biased = { ...config, attentionBias, attentionOutputBias, mlpBias };
  const added = new Map(
    [...expectedTensors(biased)]
      .filter(({ name }) => name.endsWith('.bias') && !weights.has(name))
      .map(({ name, shape }) => [name, shape]),
  );
  const zeros = (name: string) => new Float32Array(elements(added.get(name)!));
  return {
    config: biased,
    rawConfig: biasedRaw,
    weights: {
      names: () => [...weights.names(), ...added.keys()],
      has: (name) => added.has(name) || weights.has(name),
      info(name) {
        const shape = added.get(name);
        if (!shape) return weights.info(name);
        return { shape: [...shape], dtype: 'F32', bytes: 4 * elements(shape) };
      },
      float32: async (name) => (added.has(name) ? zeros(name) : weights.float32(name)),
      raw: async (name) =>
        added.has(name) ? new Uint8Array(zeros(name).buffer) : weights.raw(name),
    },
  };
}
