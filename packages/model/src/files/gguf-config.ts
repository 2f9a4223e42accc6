import { AttuneError } from '@attune/gpu';
import type { RopeConfig } from '../config/config.ts';
import { parseConfig } from '../config/parse.ts';
import { ropeDivisors } from '../config/rope.ts';
import { familyOf } from '../families/families.ts';
import type { Family } from '../families/family.ts';
import { families } from '../families/index.ts';
import type { GgufFile } from './gguf.ts';
import { invalidGguf } from './gguf-cursor.ts';
import { LONG_FACTORS, ROPE_FACTORS, SHORT_FACTORS } from './gguf-names.ts';
import type { GgufMetadata } from './gguf-types.ts';

/** Typed look-ups in a file's metadata that name the key when it is not what it should be. */
export function metadataReader(metadata: GgufMetadata, file: string) {
  const scalar = <T>(key: string, kind: 'number' | 'boolean' | 'string'): T | undefined => {
    const found = metadata.get(key);
    if (found === undefined) return undefined;
    // A list with one value for each layer, all the same, says no more than the value.
    const list = found.type === 'array' ? Array.from(found.value as ArrayLike<unknown>) : undefined;
    const value = list === undefined ? found.value : list[0];
    const same = list === undefined || list.every((item) => item === value);
    if (same && typeof value === kind) return value as T;
    throw invalidGguf(
      file,
      `${key} is ${same ? `not a ${kind}` : 'different for each layer, which is not read here'}`,
    );
  };
  return {
    number: (key: string) => scalar<number>(key, 'number'),
    boolean: (key: string) => scalar<boolean>(key, 'boolean'),
    string: (key: string) => scalar<string>(key, 'string'),
    list(key: string): ArrayLike<unknown> | undefined {
      const found = metadata.get(key);
      if (found === undefined) return undefined;
      if (found.type === 'array') return found.value;
      throw invalidGguf(file, `${key} is not a list`);
    },
  };
}

/**
 * The family that a file is of: by `general.architecture`, and where several share that, by what tells them apart.
 * @throws AttuneError `unknown-model-type`
 */
export function familyOfGguf(file: GgufFile): Family {
  const read = metadataReader(file.metadata, file.name);
  const architecture = read.string('general.architecture');
  const number = (key: string) => read.number(`${architecture}.${key}`);
  const found = families.find(
    ({ gguf }) => gguf.architecture === architecture && (gguf.claims?.({ number }) ?? true),
  );
  if (found) return found;
  throw new AttuneError(
    'unknown-model-type',
    `${file.name}: general.architecture is ${JSON.stringify(architecture ?? null)}, which does not run here.`,
    `Use a model of one of these architectures: ${ggufArchitectures().join(', ')}.`,
  );
}

/** GGUF architectures that are read and written. */
export const ggufArchitectures = () => [...new Set(families.map(({ gguf }) => gguf.architecture))];

/**
 * The config.json that the metadata of a GGUF stands for, in Hugging Face's words.
 * @throws AttuneError `unknown-model-type`, `invalid-gguf`, `unsupported-config`
 */
export async function configFromGguf(file: GgufFile): Promise<Record<string, unknown>> {
  const family = familyOfGguf(file);
  const { architecture } = family.gguf;
  const read = metadataReader(file.metadata, file.name);
  const own = (key: string) => read.number(`${architecture}.${key}`);
  if ((own('expert_count') ?? 0) > 0) {
    throw unsupported(file.name, `${architecture}.expert_count`, 'a mixture of experts');
  }
  for (const key of ['attn_logit_softcapping', 'final_logit_softcapping']) {
    if ((own(key) ?? 0) !== 0) throw unsupported(file.name, `${architecture}.${key}`, 'soft caps');
  }
  const hidden = own('embedding_length');
  const heads = own('attention.head_count');
  const rotated = own('rope.dimension_count');
  const headDim =
    own('attention.key_length') ?? rotated ?? (hidden && heads ? hidden / heads : undefined);
  if (rotated !== undefined && rotated !== headDim) {
    throw unsupported(
      file.name,
      `${architecture}.rope.dimension_count`,
      `${rotated} of ${headDim} rotated`,
    );
  }
  const embedding = file.has('token_embd.weight') ? file.info('token_embd.weight') : undefined;
  const epsilon = own('attention.layer_norm_rms_epsilon') ?? own('attention.layer_norm_epsilon');
  const config: Record<string, unknown> = {
    architectures: [family.classes.lm],
    model_type: family.modelType,
    vocab_size: embedding?.shape[0],
    hidden_size: hidden,
    intermediate_size: own('feed_forward_length'),
    num_hidden_layers: own('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: own('attention.head_count_kv') ?? heads,
    head_dim: headDim,
    max_position_embeddings: own('context_length'),
    hidden_act: 'silu',
    rms_norm_eps: shortest(epsilon),
    rope_parameters: await ropeFromGguf(file, architecture, headDim ?? 0),
    tie_word_embeddings: !file.has('output.weight'),
    bos_token_id: read.number('tokenizer.ggml.bos_token_id') ?? null,
    eos_token_id: read.number('tokenizer.ggml.eos_token_id') ?? null,
    pad_token_id: read.number('tokenizer.ggml.padding_token_id') ?? null,
    dtype: 'float32',
  };
  const facts = { number: own, has: (tensor: string) => file.has(tensor) };
  return family.gguf.read?.(facts, config) ?? config;
}

/**
 * A config.json beside a GGUF, where the file knows better: an output layer that is there is used and where there is
 * none the embedding table is it, and rotary divisors that are there are applied, as llama.cpp does whatever the config says.
 * @throws AttuneError `config-mismatch` when they are of different families
 */
export async function reconcileConfig(
  rawConfig: Record<string, unknown>,
  file: GgufFile,
  where: string,
): Promise<Record<string, unknown>> {
  const { architecture } = familyOfGguf(file).gguf;
  const config = { ...rawConfig };
  config.tie_word_embeddings = !file.has('output.weight');
  const { rope, headDim, modelType } = parseConfig(rawConfig, where);
  const wanted = familyOf(modelType).gguf.architecture;
  if (wanted !== architecture) {
    throw new AttuneError(
      'config-mismatch',
      `${where} is of a ${modelType} model, whose GGUF files have the architecture ${wanted}; ${file.name} has ${architecture}.`,
      'Take config.json and GGUF file of one model, or give the GGUF file alone.',
    );
  }
  if (file.has(ROPE_FACTORS) && rope.type === 'default') {
    config.rope_parameters = await ropeFromGguf(file, architecture, headDim);
  }
  return config;
}

/** The decimal that someone wrote before it became a float32: 1e-5, not 0.00000999999974737875. */
function shortest(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toPrecision(7));
}

async function ropeFromGguf(
  file: GgufFile,
  architecture: string,
  headDim: number,
): Promise<Record<string, unknown>> {
  const read = metadataReader(file.metadata, file.name);
  const rope_theta = shortest(read.number(`${architecture}.rope.freq_base`)) ?? 10000;
  const scaling = read.string(`${architecture}.rope.scaling.type`) ?? 'none';
  const linear =
    read.number(`${architecture}.rope.scaling.factor`) ??
    read.number(`${architecture}.rope.scale_linear`);
  if (scaling !== 'none' && scaling !== 'linear') {
    throw unsupported(file.name, `${architecture}.rope.scaling.type`, JSON.stringify(scaling));
  }
  if (file.has(LONG_FACTORS)) {
    return {
      rope_type: 'longrope',
      rope_theta,
      short_factor: await ropeFactors(file, headDim, SHORT_FACTORS),
      long_factor: await ropeFactors(file, headDim, LONG_FACTORS),
      attention_factor: shortest(read.number(`${architecture}.rope.scaling.attn_factor`)) ?? 1,
      original_max_position_embeddings: read.number(
        `${architecture}.rope.scaling.original_context_length`,
      ),
    };
  }
  const found = await ropeFactors(file, headDim);
  const factors = found?.every((n) => n === 1) ? undefined : found;
  if (factors !== undefined) {
    const known = asLlama3(factors, rope_theta, headDim);
    if (known !== undefined) return known;
    return {
      rope_type: 'longrope',
      rope_theta,
      short_factor: factors,
      long_factor: factors,
      attention_factor: 1,
    };
  }
  const factor = shortest(linear) ?? 1;
  if (scaling === 'none' && linear === undefined) return { rope_type: 'default', rope_theta };
  return factor === 1
    ? { rope_type: 'default', rope_theta }
    : { rope_type: 'linear', rope_theta, factor };
}

/** The divisors in `rope_freqs.weight`, if it is there. @throws AttuneError `invalid-gguf` */
export async function ropeFactors(
  file: GgufFile,
  headDim: number,
  name = ROPE_FACTORS,
): Promise<number[] | undefined> {
  if (!file.has(name)) return undefined;
  const { shape, dtype } = file.info(name);
  if (dtype !== 'F32' || shape.length !== 1 || shape[0] !== headDim / 2) {
    throw invalidGguf(
      file.name,
      `${name} is ${dtype} of [${shape.join(', ')}]; F32 of [${headDim / 2}] is needed`,
    );
  }
  const factors = [...(await file.float32(name))];
  if (factors.some((n) => !Number.isFinite(n) || n <= 0)) {
    throw invalidGguf(file.name, `${name} has divisors that are not positive`);
  }
  return factors;
}

/**
 * The llama3 settings whose divisors these are, if they are of the published kind (ramp from 1 to 4 turns).
 * Where several contexts give these divisors, Llama 3's own 8192 comes first.
 */
function asLlama3(factors: number[], rope_theta: number, headDim: number) {
  const factor = Math.max(...factors);
  for (const original of [8192, ...Array.from({ length: 13 }, (_, i) => 32 * 2 ** i)]) {
    const rope: RopeConfig = {
      type: 'llama3',
      theta: rope_theta,
      factor,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositionEmbeddings: original,
    };
    const made = ropeDivisors(rope, headDim);
    if (factors.every((f, i) => Math.abs(f - made[i]!) < 1e-6 * f)) {
      return {
        rope_type: 'llama3',
        rope_theta,
        factor,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: original,
      };
    }
  }
  return undefined;
}

function unsupported(file: string, key: string, what: string): AttuneError {
  return new AttuneError(
    'unsupported-config',
    `${file}: ${key} means ${what}, which does not run here.`,
    'Use a model without it.',
  );
}
