/** What a value may be. A `list` holds words, `numbers` numbers; `json` is checked by whoever reads it. */
export type KeyKind = 'text' | 'number' | 'integer' | 'flag' | 'list' | 'numbers' | 'json';

/** One key of a recipe, of a trainer's `args` and of the command line. `T` is the type of its value. */
export interface Key<T = unknown> {
  readonly kind: KeyKind;
  /** The value where none is given; undefined: there is none. */
  readonly default: T;
  /** One sentence that is understood alone: it is shown in `--help` and as the remedy of an error. */
  readonly help: string;
  /** Whether `null` is a value: of all keys whose default is null. */
  readonly nullable: boolean;
  readonly choices?: readonly string[];
  /** Least and greatest value of a number. */
  readonly min?: number;
  readonly max?: number;
  /** A number must be greater than this. */
  readonly above?: number;
  /** The heading that help and tables put it under. */
  readonly group: string;
  /** A resumed run must have the same value to be the run that was stopped. Default true. */
  readonly resume: boolean;
  /** TRL knows the key of this name (for `export --format trl`). Default true. */
  readonly trl: boolean;
  /** It changes how much GPU memory a run needs. Default false. */
  readonly memory: boolean;
}

/** Keys by their names in camelCase; recipes and the command line spell them in snake_case. */
export type Config = Readonly<Record<string, Key>>;

/** Arguments in camelCase, all optional: what a caller may give. */
export type ArgsOf<C extends Config> = {
  readonly [K in keyof C]?: C[K] extends Key<infer T> ? T : never;
};

/** The same with defaults applied: what an algorithm reads. */
export type SettingsOf<C extends Config> = {
  readonly [K in keyof C]: C[K] extends Key<infer T> ? T : never;
};

/** Marks of a key beside its type, default and help. */
export interface KeyMarks {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly nullable?: boolean;
  readonly resume?: boolean;
  readonly trl?: boolean;
  readonly memory?: boolean;
}

/** The type of a value whose default is `D`. */
type Of<D, T> = D extends null ? T | null : D extends undefined ? T | undefined : T;

function key<T>(
  kind: KeyKind,
  standard: unknown,
  help: string,
  marks: KeyMarks,
  choices?: readonly string[],
): Key<T> {
  return {
    kind,
    default: standard as T,
    help,
    nullable: standard === null,
    group: 'Keys',
    resume: true,
    trl: true,
    memory: false,
    ...(choices && { choices }),
    ...marks,
  };
}

/** A finite number. */
export const number = <D extends number | null | undefined>(
  standard: D,
  help: string,
  marks: KeyMarks = {},
): Key<Of<D, number>> => key('number', standard, help, marks);

/** A whole number. */
export const integer = <D extends number | null | undefined>(
  standard: D,
  help: string,
  marks: KeyMarks = {},
): Key<Of<D, number>> => key('integer', standard, help, marks);

/** True or false. */
export const flag = <D extends boolean | null | undefined>(
  standard: D,
  help: string,
  marks: KeyMarks = {},
): Key<Of<D, boolean>> => key('flag', standard, help, marks);

/** Text. */
export const text = <D extends string | null | undefined>(
  standard: D,
  help: string,
  marks: KeyMarks = {},
): Key<Of<D, string>> => key('text', standard, help, marks);

/** One of several words. */
export const choice = <const C extends readonly string[], D extends C[number] | null | undefined>(
  standard: D,
  choices: C,
  help: string,
  marks: KeyMarks = {},
): Key<Of<D, C[number]>> => key('text', standard, help, marks, choices);

/** Several words; `choices` says which there are. */
export const list = <
  D extends readonly string[] | null | undefined,
  const C extends readonly string[] = readonly string[],
>(
  standard: D,
  help: string,
  { choices, ...marks }: KeyMarks & { readonly choices?: C } = {},
): Key<Of<D, readonly C[number][]>> => key('list', standard, help, marks, choices);

/** Several numbers. */
export const numbers = <D extends readonly number[] | null | undefined>(
  standard: D,
  help: string,
  marks: KeyMarks = {},
): Key<Of<D, readonly number[]>> => key('numbers', standard, help, marks);

/** A value of any form, which its reader checks. */
export const json = <T>(standard: T, help: string, marks: KeyMarks = {}): Key<T> =>
  key('json', standard, help, marks);

/** The keys under one heading. */
export function group<C extends Config>(heading: string, keys: C): C {
  return Object.fromEntries(
    Object.entries(keys).map(([name, of]) => [name, { ...of, group: heading }]),
  ) as C;
}

/** The same keys with other defaults. */
export function withDefaults<C extends Config>(keys: C, defaults: ArgsOf<C>): C {
  return Object.fromEntries(
    Object.entries(keys).map(([name, of]) => [
      name,
      name in defaults ? { ...of, default: defaults[name] } : of,
    ]),
  ) as C;
}

/** `learningRate` → `learning_rate`: the name in recipes and on the command line. */
export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `learning_rate` → `learningRate`: the name in code. */
export const camelCase = (name: string): string =>
  name.replace(/(?!^)_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
