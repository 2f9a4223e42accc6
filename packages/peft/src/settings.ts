import {
  type Config,
  camelCase,
  defaultsOf,
  type Key,
  knowsOther,
  lookAtOther,
  type NotDone,
  type OtherKeys,
  readValue,
  type SettingsOf,
  snakeCase,
  unknownKey,
} from '@attune/config';
import { AttuneError } from '@attune/gpu';
import type { TuningKind } from './kind.ts';

/** Keys of every configuration of PEFT that say where it comes from, and change nothing. */
export const peftOrigin: Readonly<Record<string, unknown>> = {
  auto_mapping: null,
  base_model_name_or_path: null,
  inference_mode: false,
  peft_version: null,
  revision: null,
};

/** A key that must be at PEFT's default: what another value would ask for, and what to do. */
export const notDone = (standard: unknown, why: string, remedy: string): NotDone => ({
  default: standard,
  why,
  remedy,
});

export interface ConfigSource {
  /** For messages: the kind of tuning, or the file. */
  readonly where: string;
  /** A file that a program wrote: `null` is not given, and a new key that is off says nothing. */
  readonly file?: boolean;
}

/**
 * The settings of a kind of tuning: what is given, in PEFT's spelling or in camelCase, checked key by key, and the
 * defaults of the rest.
 * @throws AttuneError `unknown-key` with the nearest name, `bad-value`, `key-not-done`, `missing-key`
 */
export function settingsOf<C extends Config>(
  kind: TuningKind<C>,
  given: Readonly<Record<string, unknown>>,
  source: ConfigSource,
): SettingsOf<C> {
  const { config } = kind;
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || (source.file && value === null)) continue;
    if (name === 'peft_type' || name === 'peftType') continue;
    const own = camelCase(name);
    if (Object.hasOwn(config, own)) {
      const key = config[own] as Key;
      values[own] = readValue(key, name, value, { where: source.where, spelling: 'camel' });
    } else expectKnown(kind, name, value, source, spelledLike(given));
  }
  const settings = { ...defaultsOf(config), ...kind.defaults?.(values), ...values };
  for (const [name, key] of Object.entries(config)) {
    if (settings[name as keyof typeof settings] !== undefined) continue;
    const spelled = spelledLike(given)(name);
    throw new AttuneError(
      'missing-key',
      `${source.where}: ${spelled} is missing.`,
      `${spelled}: ${key.help}`,
    );
  }
  return settings as SettingsOf<C>;
}

/** PEFT's spelling where `peft_type` is spelled so. */
const spelledLike = (given: Readonly<Record<string, unknown>>) =>
  'peftType' in given ? (name: string) => name : snakeCase;

/** Passes a key that does not act at its default. */
function expectKnown(
  { config, other, peftType }: { config: Config; other: OtherKeys; peftType: string },
  name: string,
  value: unknown,
  { where, file }: ConfigSource,
  spelled: (name: string) => string,
): void {
  const key = knowsOther(other, name) ? name : snakeCase(name);
  if (knowsOther(other, key)) {
    lookAtOther(other, key, value, where);
    return;
  }
  if (!file) throw unknownKey(name, Object.keys(config).map(spelled), where);
  if (value === false || value === '' || isEmpty(value)) return;
  throw new AttuneError(
    'key-not-done',
    `${where}: ${name} is ${JSON.stringify(value)}: a key of ${peftType} that is not known here, so that what it changes would be lost.`,
    `Take it out of the file if it is at the default of the program that wrote it; otherwise merge the adapter there and use the merged model.`,
  );
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/** The error of a value that a kind of tuning cannot have; `help` is the key's own line. */
export function badSetting(
  where: string,
  { name, value, wanted, help }: { name: string; value: unknown; wanted: string; help: string },
): AttuneError {
  return new AttuneError(
    'bad-value',
    `${where}: ${name} is ${JSON.stringify(value) ?? 'missing'}, not ${wanted}.`,
    `${name}: ${help}`,
  );
}
