import type { ArgsOf } from '@attune/config';
import { AttuneError, nearest } from '@attune/gpu';
import { bitFit } from './bitfit/bitfit.ts';
import { bottleneck } from './bottleneck/bottleneck.ts';
import { fullTuning } from './full/full.ts';
import type { TunedParts, TuningKind, TuningStart } from './kind.ts';
import { lora } from './lora/lora.ts';
import type { TuningMethod } from './method.ts';
import { pTuningKind } from './p-tuning/p-tuning.ts';
import { prefixTuningKind } from './prefix-tuning/prefix-tuning.ts';
import { promptTuningKind } from './prompt-tuning/prompt-tuning.ts';
import { settingsOf } from './settings.ts';

/** Every kind of tuning beside training all parameters: the one list of them. */
export const methods = {
  LORA: lora,
  PREFIX_TUNING: prefixTuningKind,
  PROMPT_TUNING: promptTuningKind,
  P_TUNING: pTuningKind,
  BITFIT: bitFit,
  BOTTLENECK: bottleneck,
} as const;

export type PeftType = keyof typeof methods;

/** The same list, to walk through. */
export const kinds = Object.values(methods) as readonly TuningKind[];

type Configs = {
  [K in PeftType]: { readonly peftType: K } & ArgsOf<(typeof methods)[K]['config']>;
};

/**
 * What trains beside the frozen model: a plain object with PEFT's names in camelCase, or in PEFT's own spelling as
 * in adapter_config.json. All keys but `peftType` may be left out; defaults are PEFT's.
 * @example const peftConfig: PeftConfig = { peftType: 'LORA', r: 16, targetModules: 'all-linear' };
 */
export type PeftConfig =
  | Configs[PeftType]
  | { readonly peft_type: PeftType; readonly [key: string]: unknown };

/** The kind of tuning by its `peft_type`. @throws AttuneError `unsupported-peft-type` */
export function kindOf(peftType: unknown): TuningKind {
  if (typeof peftType === 'string' && Object.hasOwn(methods, peftType)) {
    return methods[peftType as PeftType] as unknown as TuningKind;
  }
  const near = typeof peftType === 'string' ? nearest(peftType, Object.keys(methods)) : undefined;
  throw new AttuneError(
    'unsupported-peft-type',
    `peft_type is ${JSON.stringify(peftType) ?? 'missing'}; ${Object.keys(methods).join(', ')} are computed here.`,
    near ? `Did you mean ${near}?` : 'Use one of these.',
  );
}

/**
 * How a model is tuned: by what `peftConfig` says, or in all its parameters where it is left out. `modelFor` of the
 * method gives the model that it tunes.
 * @throws AttuneError `unsupported-peft-type`; `unknown-key` with the nearest name, `bad-value`, `missing-key`,
 * `key-not-done`; those of the method, such as `no-target-modules`
 * @example const method = tuningMethod({ peftType: 'LORA', r: 8 }, await openModel('SmolLM2-135M'));
 */
export function tuningMethod(
  peftConfig: PeftConfig | undefined,
  model: TunedParts,
  start: Partial<TuningStart> = {},
): TuningMethod {
  if (peftConfig === undefined) return fullTuning(model.config);
  if (typeof peftConfig !== 'object' || peftConfig === null || Array.isArray(peftConfig)) {
    throw new AttuneError(
      'bad-value',
      `peftConfig is ${JSON.stringify(peftConfig)}, not an object.`,
      "Give { peftType: 'LORA', r: 8 }, or leave it out to train all parameters.",
    );
  }
  const given = peftConfig as Readonly<Record<string, unknown>>;
  const kind = kindOf(given.peftType ?? given.peft_type);
  const settings = settingsOf(kind, given, { where: kind.peftType });
  return kind.create(settings, model, { ...start, seed: start.seed ?? 42 });
}
