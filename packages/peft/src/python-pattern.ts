import { AttuneError } from '@attune/gpu';
import { regexHazard } from '@attune/tokenizer';

/** Escapes of Python's `re` that mean the same in JavaScript. */
const same = /[bBdDsSwWnrtfv]/;

/**
 * A regular expression of Python's `re` for the whole of a text, as `re.fullmatch` takes it. Named groups, flags,
 * \A and \Z, comments, quantifiers without a least number and brackets that begin with ] are written otherwise in
 * JavaScript, or would silently mean something else there.
 * `added` is how many unbounded repetitions the caller put around the user's own.
 * @throws AttuneError `bad-target-modules` for what Python refuses, for what has no form here, and for what could take
 * for ever
 */
export function pythonPattern(source: string, added = 0): RegExp {
  const earlier = known.get(source);
  if (earlier) return earlier;
  try {
    if (source.length > longest) throw new Refusal(`it has ${source.length} characters`);
    const { text, flags } = new Converter(source).convert();
    const hazard = regexHazard(text, { unbounded: unbounded + added, backReferences: true });
    if (hazard) throw new Refusal(`it ${hazard}, and could take for ever`);
    const pattern = new RegExp(`^(?:${text})$`, flags);
    known.set(source, pattern);
    return pattern;
  } catch (cause) {
    const why = cause instanceof Refusal ? cause.message : 'it is no regular expression';
    throw new AttuneError(
      'bad-target-modules',
      `The pattern ${source} is not read as Python's: ${why}.`,
      'Give module names as a list, or another expression.',
      { cause },
    );
  }
}

/** Longer and harder patterns than anyone writes for module names. */
const longest = 4096;
const unbounded = 4;

/** Each is asked of every module of a model. */
const known = new Map<string, RegExp>();

class Refusal extends Error {}

class Converter {
  readonly #source: string;
  #at = 0;
  readonly #flags = new Set<string>();
  /** Of the open groups, the outermost first: whether case counts, and whether blanks do. */
  readonly #scopes: { ignoreCase: boolean; verbose: boolean }[] = [];
  #groups = 0;
  readonly #names = new Set<string>();

  constructor(source: string) {
    this.#source = source;
  }

  convert(): { text: string; flags: string } {
    const global = /^\(\?([aiLmsux]+)\)/.exec(this.#source);
    if (global) {
      this.#at = global[0].length;
      for (const flag of global[1]!) this.#flag(flag);
    }
    this.#scopes.push({ ignoreCase: false, verbose: this.#flags.has('x') });
    let text = '';
    while (this.#at < this.#source.length) text += this.#next();
    if (this.#scopes.length > 1) throw new Refusal('a parenthesis is not closed');
    return { text, flags: [...this.#flags].filter((flag) => /[ims]/.test(flag)).join('') };
  }

  #flag(flag: string): void {
    if (flag === 'L') throw new Refusal('the flag L is for bytes');
    this.#flags.add(flag);
  }

  get #scope() {
    return this.#scopes.at(-1)!;
  }

  #next(): string {
    const rest = this.#source.slice(this.#at);
    const c = rest[0]!;
    if (this.#scope.verbose) {
      const skipped = /^(?:\s|#.*(?:\n|$))/.exec(rest);
      if (skipped) {
        this.#at += skipped[0].length;
        return '';
      }
    }
    if (c === '\\') return this.#escape(false);
    if (c === '[') return this.#brackets();
    if (c === '(') return this.#open(rest);
    this.#at++;
    if (c === ')') {
      if (this.#scopes.length === 1) throw new Refusal('a parenthesis is closed that is not open');
      this.#scopes.pop();
      return ')';
    }
    if (/[*+?{}]/.test(c)) return this.#quantifier(rest);
    return this.#letter(c);
  }

  #letter(c: string): string {
    if (this.#scope.ignoreCase && /[a-z]/i.test(c)) return `[${c.toLowerCase()}${c.toUpperCase()}]`;
    // Python takes a lone ] for itself.
    return c === ']' ? '\\]' : c;
  }

  #quantifier(rest: string): string {
    const braces = /^\{(\d*)(,?)(\d*)\}/.exec(rest);
    const counted = braces && (braces[1] !== '' || braces[2] !== '');
    if (/^[{}]/.test(rest) && !counted) return `\\${rest[0]}`;
    const whole = counted ? braces[0] : rest[0]!;
    this.#at += whole.length - 1;
    if (this.#source[this.#at] === '+') throw new Refusal('possessive quantifiers are not read');
    return counted ? `{${braces[1] || 0}${braces[2]}${braces[3]}}` : whole;
  }

  #open(rest: string): string {
    const take = (length: number, text: string, scope = { ...this.#scope }) => {
      this.#at += length;
      this.#scopes.push(scope);
      return text;
    };
    const comment = /^\(\?#[^)]*\)/.exec(rest);
    if (comment) {
      this.#at += comment[0].length;
      return '';
    }
    const named = /^\(\?P<([A-Za-z_]\w*)>/.exec(rest);
    if (named) {
      this.#groups++;
      this.#names.add(named[1]!);
      return take(named[0].length, `(?<${named[1]}>`);
    }
    const again = /^\(\?P=([A-Za-z_]\w*)\)/.exec(rest);
    if (again) {
      if (!this.#names.has(again[1]!)) throw new Refusal(`there is no group ${again[1]}`);
      this.#at += again[0].length;
      return `\\k<${again[1]}>`;
    }
    const plain = /^\(\?(?:[:=!]|<[=!])/.exec(rest);
    if (plain) return take(plain[0].length, plain[0]);
    const flags = /^\(\?([aimsux]*)(?:-([imsx]+))?:/.exec(rest);
    if (flags) return take(flags[0].length, '(?:', this.#scoped(flags[1]!, flags[2] ?? ''));
    if (rest.startsWith('(?')) {
      throw new Refusal(`${rest.slice(0, 4)} is not read`);
    }
    this.#groups++;
    return take(1, '(');
  }

  /** What flags of a group change in it. */
  #scoped(on: string, off: string) {
    const scope = { ...this.#scope };
    if (/[ms]/.test(on + off)) throw new Refusal('the flags m and s are read for the whole only');
    if (off.includes('i') && this.#flags.has('i')) {
      throw new Refusal('the flag i cannot be switched off in a group');
    }
    if (on.includes('i')) scope.ignoreCase = true;
    if (off.includes('i')) scope.ignoreCase = false;
    if (on.includes('x')) scope.verbose = true;
    if (off.includes('x')) scope.verbose = false;
    return scope;
  }

  #escape(inBrackets: boolean): string {
    const rest = this.#source.slice(this.#at);
    const code =
      /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(0[0-7]{0,2}|[0-3][0-7]{2}))/;
    const [whole, x, u, long, octal] = code.exec(rest) ?? [];
    if (whole !== undefined) {
      this.#at += whole.length;
      const point =
        octal === undefined ? Number.parseInt((x ?? u ?? long)!, 16) : Number.parseInt(octal, 8);
      return [...String.fromCodePoint(point)]
        .flatMap((letter) => letter.split(''))
        .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        .join('');
    }
    const number = /^\\([1-9]\d?)/.exec(rest);
    if (number && !inBrackets) {
      if (Number(number[1]) > this.#groups) throw new Refusal(`there is no group ${number[1]}`);
      this.#at += number[0].length;
      // What follows must not become a part of the number.
      return `\\${number[1]}(?:)`;
    }
    const c = rest[1];
    if (c === undefined) throw new Refusal('it ends in a backslash');
    this.#at += 2;
    if (c === 'a') return '\\u0007';
    if (c === 'A' && !inBrackets) return '(?<![\\s\\S])';
    if (c === 'Z' && !inBrackets) return '(?![\\s\\S])';
    if (same.test(c) && !(inBrackets && c === 'B')) return `\\${c}`;
    if (/[A-Za-z0-9]/.test(c)) throw new Refusal(`\\${c} is no escape of Python's`);
    return /[\^$\\.*+?()[\]{}|/-]/.test(c) ? `\\${c}` : c;
  }

  #brackets(): string {
    this.#at++;
    let text = '[';
    if (this.#source[this.#at] === '^') {
      text += '^';
      this.#at++;
    }
    for (let first = true; ; first = false) {
      const c = this.#source[this.#at];
      if (c === undefined) throw new Refusal('a bracket is not closed');
      if (c === ']' && !first) break;
      if (c === '\\') text += this.#escape(true);
      else {
        this.#at++;
        text += /[\][]/.test(c) ? `\\${c}` : c;
      }
    }
    this.#at++;
    if (this.#scope.ignoreCase) text += otherCase(text);
    return `${text}]`;
  }
}

/** The letters and ranges of letters of a bracket in the other case. */
function otherCase(text: string): string {
  const swap = (c: string) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase());
  const plain = text.replace(/\\u[0-9a-f]{4}|\\./g, '');
  return [...plain.matchAll(/([a-z])-([a-z])|([A-Z])-([A-Z])|([a-zA-Z])/g)]
    .map(([, a, b, c, d, letter]) => {
      if (letter) return swap(letter);
      return `${swap((a ?? c)!)}-${swap((b ?? d)!)}`;
    })
    .join('');
}
