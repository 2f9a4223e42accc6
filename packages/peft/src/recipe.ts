import { type Config, choice, type Key, type OtherKeys, snakeCase } from '@attune/config';
import { AttuneError } from '@attune/gpu';
import type { TuningKind } from './kind.ts';
import type { trlLora } from './lora/lora.config.ts';
import { kindOf, kinds, methods, type PeftConfig, type PeftType } from './methods.ts';

const peftType: Key<PeftType | null> = {
  ...choice(
    null,
    Object.keys(methods) as PeftType[],
    'What trains in place of all parameters: LORA (as use_peft), the biases of the model (BITFIT), virtual tokens before every text, or bottleneck adapters.',
    { trl: false, memory: true },
  ),
  group: 'Tuning',
};

/** TRL's other keys of ModelConfig for LoRA. */
export const trlPeftKeys: OtherKeys = {
  withoutEffect: {},
  notDone: {
    use_dora: methods.LORA.other.notDone.use_dora!,
    lora_target_parameters: methods.LORA.other.notDone.target_parameters!,
  },
};

type Names<T> = T extends { readonly config: infer C } ? keyof C : never;
type FlatName = 'peftType' | keyof typeof trlLora | Names<(typeof methods)[PeftType]>;

/**
 * The keys of a recipe for all ways to tune, flat as a recipe is: what chooses the kind, TRL's keys for LoRA, and
 * each kind's own keys in PEFT's names (null where the kind's default holds).
 */
export const peftKeys = {
  peftType,
  ...kinds.reduce<Config>(joined, {}),
  ...Object.assign({}, ...kinds.map(({ trl }) => trl?.keys)),
} as Readonly<Record<FlatName, Key>>;

/** Further keys beside those of a table; a name that several kinds have is one key. */
function joined(table: Config, { config, flat, title }: TuningKind): Config {
  const keys: Record<string, Key> = { ...table };
  for (const [name, key] of Object.entries({ ...config, ...flat })) {
    const earlier = keys[name];
    const choices = [...new Set([...(earlier?.choices ?? []), ...(key.choices ?? [])])];
    const help = earlier && earlier.help !== key.help ? `${earlier.help} ${key.help}` : key.help;
    keys[name] = {
      ...(earlier ?? { ...key, group: title }),
      help,
      default: null,
      nullable: true,
      trl: false,
      ...(choices.length > 0 && { choices }),
    };
  }
  return keys;
}

/** Values of a recipe by their names in camelCase. */
type Values = Readonly<Record<string, unknown>>;

/** A value that asks for something. */
const isSet = (value: unknown): boolean =>
  value != null && value !== false && JSON.stringify(value) !== '[]';

/**
 * The `peftConfig` that a recipe asks for, spelled as the recipe is, by its values in camelCase (those of `peftKeys`,
 * defaults applied or not); undefined where all parameters train.
 * @throws AttuneError `bad-value` for two ways to tune at once and for a key of another kind; `missing-key` for keys
 * of a kind that is not named
 */
export function peftConfigOf(values: Values): PeftConfig | undefined {
  const chosen = new Map<TuningKind, string>();
  for (const kind of kinds) {
    const by = kind.chosenBy;
    if (by !== undefined && isSet(values[by])) {
      chosen.set(kind, values[by] === true ? snakeCase(by) : `${snakeCase(by)} ${values[by]}`);
    }
  }
  if (values.peftType != null) chosen.set(kindOf(values.peftType), `peft_type ${values.peftType}`);
  if (chosen.size > 1) {
    throw new AttuneError(
      'bad-value',
      `${[...chosen.values()].join(' and ')} are two ways to tune.`,
      'Leave out one of the two.',
    );
  }
  const [kind] = chosen.keys();
  expectOwn(values, kind);
  if (!kind) return undefined;
  const config: Record<string, unknown> = { peft_type: kind.peftType };
  for (const name of Object.keys(kind.config)) {
    const value = settingOf(values, name, kind);
    if (value != null) config[snakeCase(name)] = value;
  }
  return config as PeftConfig;
}

/** The value of a kind's key: by PEFT's name, else by TRL's. */
function settingOf(values: Values, name: string, { config, trl }: TuningKind): unknown {
  const flat = trl?.names[name];
  if (flat === undefined) return ofWords(values[name], config[name]!.kind);
  const standard = trl!.keys[flat]!.default;
  const given = values[flat] ?? standard;
  const own = flat === name ? undefined : values[name];
  if (own == null) return ofWords(given, config[name]!.kind);
  if (JSON.stringify(given) === JSON.stringify(standard)) return ofWords(own, config[name]!.kind);
  throw new AttuneError(
    'bad-value',
    `${snakeCase(flat)} and ${snakeCase(name)} are two names of one key.`,
    'Leave out one of the two.',
  );
}

/**
 * Words of a recipe for a key of several forms: a single expression is a pattern for whole paths, as in PEFT, names
 * are a list, and true is no name.
 */
function ofWords(value: unknown, kind: Key['kind']): unknown {
  if (kind !== 'json') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  if (!Array.isArray(value) || value.length !== 1) return value;
  const [only] = value as unknown[];
  return typeof only === 'string' && /[()[\]{}\\^$*+?|]/.test(only) ? only : value;
}

/** Keys of a kind that is not chosen would be read by nobody: all but TRL's, which stand in many recipes. */
function expectOwn(values: Values, chosen: TuningKind | undefined): void {
  for (const { config, title, chosenBy, trl } of kinds) {
    for (const name of Object.keys(config)) {
      const value = values[name];
      if (!isSet(value) || (trl && Object.hasOwn(trl.keys, name))) continue;
      if (chosen && Object.hasOwn(chosen.config, name)) continue;
      const key = snakeCase(name);
      const said = `${key} is ${typeof value === 'string' ? value : JSON.stringify(value)}`;
      const wanted = chosenBy === undefined || trl ? 'peft_type' : snakeCase(chosenBy);
      if (chosen) {
        throw new AttuneError(
          'bad-value',
          `${said}, a key of ${title} that ${chosen.title} does not have.`,
          `Leave ${key} out, or set ${wanted} to what it belongs to.`,
        );
      }
      throw new AttuneError(
        'missing-key',
        `${said}, but no ${wanted} says what it belongs to.`,
        `Set ${wanted}, or leave ${key} out to train all parameters.`,
      );
    }
  }
}
