import { AttuneError } from '@attune/gpu';

const longest = 16_384;
const unboundedLimit = 3;

/**
 * Refuses a regular expression that can take exponential time, before it is compiled: a repeated
 * group that holds a variable repetition or alternatives, a back-reference, or more than three
 * unbounded repetitions in one alternative. All published tokenizers pass; `(a+)+$` does not.
 *
 * @throws AttuneError `tokenizer-regex-refused`
 */
export function screenRegex(pattern: string): void {
  const reason =
    pattern.length > longest ? `is ${pattern.length} characters long` : regexHazard(pattern);
  if (reason) {
    const shown = pattern.length > 80 ? `${pattern.slice(0, 80)}…` : pattern;
    throw new AttuneError(
      'tokenizer-regex-refused',
      `A regular expression of tokenizer.json ${reason}: ${shown}`,
      'It could run for ever on ordinary text. Take the tokenizer.json of the original model.',
    );
  }
}

interface Group {
  /** It holds alternatives or a repetition of variable length. */
  variable: boolean;
  /** Unbounded repetitions in the present alternative, and the most in any. */
  unbounded: number;
  most: number;
}

/**
 * Why a regular expression could take exponential time, or a high power of the text's length; undefined where it could
 * not. With `backReferences` one counts as an unbounded repetition.
 */
export function regexHazard(
  pattern: string,
  { unbounded = unboundedLimit, backReferences = false } = {},
): string | undefined {
  const stack: Group[] = [{ variable: false, unbounded: 0, most: 0 }];
  let closed: Group | undefined;
  for (let i = 0; i < pattern.length; ) {
    const group = stack[stack.length - 1]!;
    const character = pattern[i]!;
    if (character === '(') {
      stack.push({ variable: false, unbounded: 0, most: 0 });
      closed = undefined;
      // The rest of a group's opening, such as `?:` or `?<!`, holds no quantifier.
      i += /^\((?:\?(?:<?[=!]|[:>]|[a-z-]*:|P?<\w+>))?/.exec(pattern.slice(i, i + 64))![0].length;
      continue;
    }
    if (character === ')') {
      closed = stack.length > 1 ? stack.pop()! : undefined;
      if (closed) {
        closed.most = Math.max(closed.most, closed.unbounded);
        const outer = stack[stack.length - 1]!;
        outer.variable ||= closed.variable;
        outer.unbounded += closed.most;
      }
      i++;
      continue;
    }
    const quantifier = /^(?:[*+?]|\{(\d*)(,?)(\d*)\})[?+]?/.exec(pattern.slice(i, i + 24));
    if (quantifier && (quantifier[0][0] !== '{' || /\d/.test(quantifier[0]))) {
      const { least, most } = bounds(quantifier);
      if (most > 1 && closed?.variable) return 'repeats a group that itself varies in length';
      if (least !== most) group.variable = true;
      if (most > 64) group.unbounded++;
      closed = undefined;
      i += quantifier[0].length;
      continue;
    }
    closed = undefined;
    if (character === '|') {
      group.variable = true;
      group.most = Math.max(group.most, group.unbounded);
      group.unbounded = 0;
      i++;
    } else if (character === '\\') {
      if (/[1-9kg]/.test(pattern[i + 1] ?? '')) {
        if (!backReferences) return 'refers back to a group';
        group.unbounded++;
      }
      i += /^\\(?:[pPxu]\{[^}]*\}|.)/su.exec(pattern.slice(i, i + 64))?.[0].length ?? 1;
    } else if (character === '[') {
      i = classEnd(pattern, i);
    } else {
      i++;
    }
  }
  const top = stack[0]!;
  if (Math.max(top.most, top.unbounded) > unbounded) {
    return `has more than ${unbounded} unbounded repetitions in a row`;
  }
  return undefined;
}

function bounds(quantifier: RegExpExecArray): { least: number; most: number } {
  const infinite = Number.POSITIVE_INFINITY;
  switch (quantifier[0][0]) {
    case '*':
      return { least: 0, most: infinite };
    case '+':
      return { least: 1, most: infinite };
    case '?':
      return { least: 0, most: 1 };
  }
  const [, low, comma, high] = quantifier;
  const least = low ? Number(low) : 0;
  return { least, most: comma ? (high ? Number(high) : infinite) : least };
}

function classEnd(pattern: string, start: number): number {
  let depth = 0;
  for (let i = start; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++;
    else if (pattern[i] === '[') depth++;
    // A `]` that comes first in its class is a character of it.
    else if (pattern[i] === ']' && !/(?:^|[^\\])\[\^?$/.test(pattern.slice(start, i))) depth--;
    if (depth === 0) return i + 1;
  }
  return pattern.length;
}
