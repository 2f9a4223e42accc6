import { AttuneError } from '@attune/gpu';

/** The error of a value that a PEFT configuration cannot have. */
export function badPeftConfig(key: string, value: unknown, wanted: string): AttuneError {
  return new AttuneError(
    'bad-peft-config',
    `${key} is ${JSON.stringify(value) ?? 'missing'}; it must be ${wanted}.`,
    'Mend the recipe, or the adapter_config.json.',
  );
}

/** @throws AttuneError `bad-peft-config` unless the value is a whole number above 0 */
export function wholeNumber(key: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw badPeftConfig(key, value, 'a whole number above 0');
}
