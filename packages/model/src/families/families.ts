import { AttuneError } from '@attune/gpu';
import type { ExpectedTensor, ModelConfig } from '../config/config.ts';
import type { Block, Blueprint, Module, Norm } from './blueprint.ts';
import type { Family } from './family.ts';
import { families } from './index.ts';

/** The `model_type`s that run here. */
export const MODEL_TYPES: readonly string[] = families.map(({ modelType }) => modelType);

/** The family of a `model_type`. @throws AttuneError `unknown-model-type` */
export function familyOf(modelType: string, where = 'The config'): Family {
  const family = families.find((one) => one.modelType === modelType);
  if (family) return family;
  throw new AttuneError(
    'unknown-model-type',
    `${where}: model_type is ${JSON.stringify(modelType.slice(0, 80))}, which does not run here.`,
    `Use a model of one of these types: ${MODEL_TYPES.join(', ')}.`,
  );
}

const blueprints = new WeakMap<ModelConfig, Blueprint>();

/** How the decoder of a config is put together. */
export function blueprintOf(config: ModelConfig): Blueprint {
  const known = blueprints.get(config) ?? familyOf(config.modelType).blueprint(config);
  blueprints.set(config, known);
  return known;
}

/**
 * Every module that has weights, in order of use: what tuning methods choose their places from. A tied output
 * layer is none of its own.
 */
export function modulesOf(config: ModelConfig): readonly Module[] {
  const { tokens, positions, blocks, norm, head } = blueprintOf(config);
  return [
    tokens,
    ...(positions ? [positions] : []),
    ...blocks.flatMap(blockModules),
    norm,
    ...(head ? [head] : []),
  ];
}

function blockModules({ attention, feedForward }: Block): Module[] {
  const some = (...norms: (Norm | undefined)[]) => norms.filter((norm) => norm !== undefined);
  return [
    ...some(attention.before),
    ...attention.inputs,
    ...some(attention.qNorm, attention.kNorm),
    attention.output,
    ...some(attention.after, feedForward.before),
    ...feedForward.inputs,
    feedForward.output,
    ...some(feedForward.after),
  ];
}

/** The tensors a model of this config must have, by Hugging Face name, in order of use. */
export function* expectedTensors(config: ModelConfig): Generator<ExpectedTensor> {
  for (const { path, kind, in: from, out, bias, transposed } of modulesOf(config)) {
    const matrix = kind === 'embedding' || transposed ? [from, out] : [out, from];
    yield { name: `${path}.weight`, shape: kind === 'norm' ? [out] : matrix };
    if (bias) yield { name: `${path}.bias`, shape: [out] };
  }
}
