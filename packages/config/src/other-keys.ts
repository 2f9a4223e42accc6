import { AttuneError } from '@attune/gpu';

/**
 * Keys of TRL that a configuration does not have, by their names in snake_case, so that a recipe written for TRL runs
 * here, or is refused with the reason.
 */
export interface OtherKeys {
  /** Keys that steer what does not exist here (workers, precisions, the hub), with TRL's defaults. */
  readonly withoutEffect: Readonly<Record<string, unknown>>;
  /** Keys that would change the result and are not done here: TRL's default, why, and what to do. */
  readonly notDone: Readonly<Record<string, NotDone>>;
}

export interface NotDone {
  readonly default: unknown;
  /** The rest of the sentence "KEY is VALUE: …". */
  readonly why: string;
  readonly remedy: string;
}

/** No other keys. */
export const noOtherKeys: OtherKeys = { withoutEffect: {}, notDone: {} };

/** Several tables as one; later ones win. */
export function joinOtherKeys(...tables: readonly OtherKeys[]): OtherKeys {
  return {
    withoutEffect: Object.assign({}, ...tables.map((table) => table.withoutEffect)),
    notDone: Object.assign({}, ...tables.map((table) => table.notDone)),
  };
}

export const knowsOther = ({ withoutEffect, notDone }: OtherKeys, name: string): boolean =>
  Object.hasOwn(withoutEffect, name) || Object.hasOwn(notDone, name);

/** Whether a value says the same as TRL's default, as YAML or the command line may spell it. */
function sameAs(value: unknown, standard: unknown): boolean {
  const plain = (x: unknown): string => {
    const one = Array.isArray(x) && x.length === 1 ? x[0] : x;
    if (one === null || one === undefined || one === '' || (Array.isArray(one) && !one.length)) {
      return 'none';
    }
    const word = typeof one === 'object' ? JSON.stringify(one) : String(one).toLowerCase();
    const number = Number(word);
    return Number.isNaN(number) ? word.replace(/^null$/, 'none') : String(number);
  };
  return plain(value) === plain(standard);
}

/**
 * Looks at a key of TRL that is not a key here.
 * @returns whether it is set to something else than TRL's default and has no effect: worth a line to the user
 * @throws AttuneError `key-not-done` where the value asks for what is not done here
 */
export function lookAtOther(
  { withoutEffect, notDone }: OtherKeys,
  name: string,
  value: unknown,
  where: string,
): boolean {
  const refused = notDone[name];
  if (!refused) return !sameAs(value, withoutEffect[name]);
  if (sameAs(value, refused.default)) return false;
  throw new AttuneError(
    'key-not-done',
    `${where}: ${name} is ${JSON.stringify(value)}: ${refused.why}.`,
    refused.remedy,
  );
}
