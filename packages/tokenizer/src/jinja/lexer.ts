import { TemplateFault } from './fault.ts';

export type TokenType = 'data' | 'begin' | 'end' | 'name' | 'string' | 'integer' | 'float' | 'op';

export interface Token {
  type: TokenType;
  /** For `begin` and `end`: `{{` or `{%`. For strings, their text. */
  value: string;
}

/** What Python's `\s` and `str.strip` take for white space; JavaScript's `\s` differs. */
export const space =
  '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';

const spaceBefore = new RegExp(`${space}+$`);
const onlySpace = new RegExp(`^${space}+$`);
const spaces = new RegExp(`${space}*`, 'y');
const opening = /\{[{%#]/g;
const rawBegin = new RegExp(`\\{%[-+]?${space}*raw${space}*(?:-%\\}${space}*|%\\})`, 'y');
const rawEnd = new RegExp(
  `\\{%([-+]?)${space}*endraw${space}*(?:\\+%\\}|-%\\}${space}*|%\\}\\n?)`,
  'g',
);
const commentEnd = new RegExp(`(?:\\+#\\}|-#\\}${space}*|#\\}\\n?)`, 'g');
const blockEnd = new RegExp(`(?:\\+%\\}|-%\\}${space}*|%\\}\\n?)`, 'y');
const variableEnd = new RegExp(`(?:-\\}\\}${space}*|\\}\\})`, 'y');
const float = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const integer = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const name = /[\p{L}\p{Nl}\p{M}\p{Nd}\p{Pc}]+/uy;
const string = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const operator = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const closing: Record<string, string> = { '(': ')', '[': ']', '{': '}' };

/**
 * Cuts a template into tokens as Jinja 3.1 does with `trim_blocks` and `lstrip_blocks`, which is how
 * transformers sets it: all line ends become `\n`, one at the very end is dropped.
 */
export function tokenize(template: string): Token[] {
  const source = template.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  const tokens: Token[] = [];
  let at = 0;
  let lineStarts = true;

  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  const advance = (found: RegExpExecArray): void => {
    at = found.index + found[0].length;
    lineStarts = found[0].endsWith('\n');
  };
  const data = (text: string, sign: string | undefined, trims: boolean): void => {
    let kept = text;
    if (sign === '-') kept = text.replace(spaceBefore, '');
    else if (sign !== '+' && trims) {
      const line = text.lastIndexOf('\n') + 1;
      if ((line > 0 || lineStarts) && onlySpace.test(text.slice(line))) kept = text.slice(0, line);
    }
    if (kept !== '') tokens.push({ type: 'data', value: kept });
  };

  while (at < source.length) {
    const found = match(opening);
    if (!found) {
      tokens.push({ type: 'data', value: source.slice(at) });
      break;
    }
    const kind = found[0];
    const text = source.slice(at, found.index);
    at = found.index;
    const sign = /[-+]/.exec(source[at + 2] ?? '')?.[0];
    data(text, sign, kind !== '{{');
    if (kind === '{#') {
      at += sign === undefined ? 2 : 3;
      const end = match(commentEnd);
      if (!end) throw new TemplateFault('TemplateSyntaxError', 'Missing end of comment tag');
      advance(end);
      continue;
    }
    const raw = kind === '{%' ? match(rawBegin) : null;
    if (raw) {
      advance(raw);
      const end = match(rawEnd);
      if (!end) throw new TemplateFault('TemplateSyntaxError', 'Missing end of raw directive');
      data(source.slice(at, end.index), end[1] || undefined, true);
      advance(end);
      continue;
    }
    at += sign === undefined ? 2 : 3;
    tokens.push({ type: 'begin', value: kind });
    tag(kind);
  }
  return tokens;

  function tag(kind: string): void {
    const open: string[] = [];
    const end = kind === '{{' ? variableEnd : blockEnd;
    for (;;) {
      const closes = open.length === 0 ? match(end) : null;
      if (closes) {
        advance(closes);
        tokens.push({ type: 'end', value: kind });
        return;
      }
      const gap = match(spaces)!;
      if (gap[0] !== '') {
        at += gap[0].length;
        continue;
      }
      if (at >= source.length) {
        throw new TemplateFault('TemplateSyntaxError', `unexpected end of template after ${kind}`);
      }
      tokens.push(next(open));
    }
  }

  function next(open: string[]): Token {
    // Jinja's rule: a number after a dot is an integer (`x.0.1`).
    const number = source[at - 1] === '.' ? null : match(float);
    const found =
      token('float', number) ??
      token('integer', match(integer)) ??
      token('name', match(name)) ??
      token('string', match(string)) ??
      token('op', match(operator));
    if (!found) {
      throw new TemplateFault(
        'TemplateSyntaxError',
        `unexpected char ${JSON.stringify(source[at])} at ${at}`,
      );
    }
    if (found.type === 'string') found.value = readEscapes(found.value.slice(1, -1));
    if (found.type !== 'op') return found;
    const closer = closing[found.value];
    if (closer) open.push(closer);
    else if (')]}'.includes(found.value) && open.pop() !== found.value) {
      throw new TemplateFault('TemplateSyntaxError', `unexpected '${found.value}'`);
    }
    return found;
  }

  function token(type: TokenType, found: RegExpExecArray | null): Token | undefined {
    if (!found) return undefined;
    at += found[0].length;
    return { type, value: found[0] };
  }
}

const simple: Record<string, string> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Python's `unicode-escape`, on text whose other characters Jinja first writes as escapes. */
function readEscapes(text: string): string {
  if (!text.includes('\\')) return text;
  const ascii = text.replace(/[^\0-\x7f]/gu, (character) => {
    const code = character.codePointAt(0)!.toString(16);
    if (code.length <= 2) return `\\x${code.padStart(2, '0')}`;
    return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\U${code.padStart(8, '0')}`;
  });
  return ascii.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g,
    (all, x?: string, u?: string, long?: string, octal?: string, other?: string) => {
      const hex = x ?? u ?? long;
      if (hex !== undefined || octal !== undefined) {
        const code = hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(octal!, 8);
        if (code <= 0x10ffff) return String.fromCodePoint(code);
      } else if (!'xuUN'.includes(other!)) {
        return simple[other!] ?? all;
      }
      throw new TemplateFault('TemplateSyntaxError', `a string holds the broken escape ${all}`);
    },
  );
}
