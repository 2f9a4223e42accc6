import type { ErrorCode } from './error-codes.ts';

/**
 * The one error class of Attune. `message` says what happened, with the numbers in it;
 * `remedy` says what to do. Both are shown to the user; `code` is stable and meant for programs; `error-codes.ts` lists
 * them all.
 *
 * @example throw new AttuneError('file-truncated', 'model.safetensors ends at byte 80, its header promises 96.', 'Download it again.')
 */
export class AttuneError extends Error {
  override readonly name = 'AttuneError';
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(code: ErrorCode, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.remedy = remedy;
  }

  /** What a terminal or a page shows: the message, then the remedy on its own line. */
  override toString(): string {
    return `${this.message}\n${this.remedy} [${this.code}]`;
  }
}

/** The nearest of `known` to a misspelt `word` by edit distance, or undefined when none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bound = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const d = editDistance(word, candidate);
    if (d < bound) {
      bound = d;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(substitution, row[j]! + 1, next[j - 1]! + 1);
    }
    row = next;
  }
  return row[b.length]!;
}
