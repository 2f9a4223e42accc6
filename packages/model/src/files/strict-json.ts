/** JSON with objects as Maps: no prototype to pollute, and key order kept. */
export type StrictJson = string | number | boolean | null | StrictJson[] | Map<string, StrictJson>;

/** Why and where; the caller knows the file's name and makes an AttuneError of it. */
export class JsonFault extends Error {}

const DEEPEST = 64;
const SPACE = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const INTEGER = /-?(?:0|[1-9][0-9]*)(?![.eE0-9])/y;

/**
 * JSON as a safetensors header needs it, stricter than JSON.parse: a key given twice, a number that is
 * not a whole number of at most 2^53, a lone surrogate, or nesting deeper than 64 is a fault.
 * @throws JsonFault
 */
export function parseStrictJson(text: string): StrictJson {
  let at = 0;

  const fail = (what: string): never => {
    throw new JsonFault(`${what} at character ${at}`);
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) return undefined;
    at = pattern.lastIndex;
    return found[0];
  };
  const space = (): void => {
    // Rarely there, and a pattern costs more than a look.
    if (text.charCodeAt(at) <= 32) match(SPACE);
  };
  const skip = (char: string): boolean => {
    space();
    if (text[at] !== char) return false;
    at++;
    return true;
  };
  const expect = (char: string): void => {
    if (!skip(char)) fail(`'${char}' is missing`);
  };

  function string(): string {
    const start = at - 1;
    const plain = match(PLAIN)!;
    if (text[at] === '"') {
      at++;
      return plain;
    }
    while (at < text.length && text[at] !== '"') {
      if (text[at]! < ' ') fail('a control character stands in a string');
      at += text[at] === '\\' ? 2 : 1;
    }
    if (at >= text.length) fail('a string has no end');
    at++;
    let value = '';
    try {
      value = JSON.parse(text.slice(start, at)) as string;
    } catch {
      fail('a string has a bad escape');
    }
    if (/\p{Surrogate}/u.test(value)) fail('a string has half a surrogate pair');
    return value;
  }

  function value(depth: number): StrictJson {
    if (depth > DEEPEST) fail(`nesting is deeper than ${DEEPEST}`);
    space();
    const char = text[at];
    if (char === '"') {
      at++;
      return string();
    }
    if (char === '{') return object(depth);
    if (char === '[') return list(depth);
    for (const [word, meaning] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return meaning;
      }
    }
    const digits = match(INTEGER);
    if (digits === undefined) return fail('neither a value nor a whole number stands');
    const number = Number(digits);
    if (!Number.isSafeInteger(number)) fail(`the number ${digits.slice(0, 40)} is beyond 2^53`);
    return number;
  }

  function object(depth: number): Map<string, StrictJson> {
    const map = new Map<string, StrictJson>();
    expect('{');
    if (skip('}')) return map;
    do {
      if (!skip('"')) fail('a key is missing');
      const key = string();
      if (map.has(key)) fail(`the key ${JSON.stringify(key.slice(0, 200))} stands twice`);
      expect(':');
      map.set(key, value(depth + 1));
    } while (skip(','));
    expect('}');
    return map;
  }

  function list(depth: number): StrictJson[] {
    const items: StrictJson[] = [];
    expect('[');
    if (skip(']')) return items;
    do items.push(value(depth + 1));
    while (skip(','));
    expect(']');
    return items;
  }

  const result = value(0);
  space();
  if (at < text.length) fail('something follows the value');
  return result;
}
