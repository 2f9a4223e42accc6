import { AttuneError } from '@attune/gpu';

/** An error of usage: the command was not started. Exit code 2. */
export function usageError(code: UsageCode, message: string, remedy: string): AttuneError {
  return new AttuneError(code, message, remedy);
}

export const usageCodes = [
  'unknown-command',
  'unknown-key',
  'bad-value',
  'missing-value',
  'missing-key',
  'key-not-done',
  'unexpected-argument',
] as const;
type UsageCode = (typeof usageCodes)[number];
