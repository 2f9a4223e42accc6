/**
 * A 64-bit integer as a number where a number holds it, else as it is: ids beyond 2^53 keep their
 * digits.
 */
export function exactNumber(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Values as text that is equal where they are. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part)) ?? '';
}
