import { AttuneError } from '@attune/gpu';

/** Typed reading of a config's JSON: each method names the key and the value it refuses. */
export interface Fields {
  /** Whether the key stands there, be it with null. */
  has(key: string): boolean;
  /** Absent and null are the same: undefined. */
  get(key: string): unknown;
  int(key: string, range?: { min?: number; max?: number; fallback?: number }): number;
  number(key: string, range?: { above?: number; fallback?: number }): number;
  boolean(key: string, fallback: boolean): boolean;
  text(key: string, fallback?: string): string;
  /** An object inside, or undefined. */
  within(key: string): Fields | undefined;
  invalid(key: string, wanted: string): AttuneError;
  /** Something that is understood but does not run here. */
  unsupported(key: string, why: string): AttuneError;
}

const LARGEST = 2 ** 31 - 1;

/** @param where what messages call the file, and the path to an inner object. */
export function fieldsOf(json: Record<string, unknown>, where: string): Fields {
  const get = (key: string) => (Object.hasOwn(json, key) ? (json[key] ?? undefined) : undefined);
  const invalid = (key: string, wanted: string) =>
    get(key) === undefined
      ? new AttuneError(
          'missing-config-field',
          `${where} has no ${key}; it must be ${wanted}.`,
          'Take the config.json that belongs to the weights.',
        )
      : new AttuneError(
          'invalid-config-field',
          `${where}: ${key} is ${show(get(key))}; it must be ${wanted}.`,
          'Take the config.json that belongs to the weights, or correct this value.',
        );
  const fields: Fields = {
    has: (key) => Object.hasOwn(json, key),
    get,
    invalid,
    unsupported: (key, why) =>
      new AttuneError(
        'unsupported-config',
        `${where}: ${key} is ${show(get(key))}, ${why}.`,
        'Use a model without it.',
      ),
    int(key, { min = 1, max = LARGEST, fallback } = {}) {
      const value = get(key) ?? fallback;
      if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
        return value;
      }
      throw invalid(key, `a whole number from ${min} to ${max}`);
    },
    number(key, { above = 0, fallback } = {}) {
      const value = get(key) ?? fallback;
      if (typeof value === 'number' && Number.isFinite(value) && value > above) return value;
      throw invalid(key, `a number above ${above}`);
    },
    boolean(key, fallback) {
      const value = get(key) ?? fallback;
      if (typeof value === 'boolean') return value;
      throw invalid(key, 'true or false');
    },
    text(key, fallback) {
      const value = get(key) ?? fallback;
      if (typeof value === 'string') return value;
      throw invalid(key, 'a string');
    },
    within(key) {
      const value = get(key);
      if (value === undefined) return undefined;
      if (typeof value === 'object' && !Array.isArray(value)) {
        return fieldsOf(value as Record<string, unknown>, `${where}: ${key}`);
      }
      throw invalid(key, 'an object');
    },
  };
  return fields;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
