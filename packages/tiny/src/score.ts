/** An answer without what does not count: case, spaces at the ends or doubled, a full stop at the end. */
export function normalizeAnswer(answer: string): string {
  return answer
    .trim()
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/ ?[.!]$/, '');
}

/** 1 where the answer is the expected one (see `normalizeAnswer`), else 0. */
export function scoreAnswer(expected: string, answer: string): 0 | 1 {
  return normalizeAnswer(expected) === normalizeAnswer(answer) ? 1 : 0;
}
