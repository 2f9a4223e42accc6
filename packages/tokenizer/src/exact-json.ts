/** What stood in a JSON text and a JavaScript value cannot hold: by member, a number's text; the order of keys. */
export interface Written {
  numbers: Map<string, string>;
  keys: string[] | undefined;
}

const written = new WeakMap<object, Written>();

/** What is known of an object or list beyond its value, where it came from {@link parseExactJson}. */
export function writtenIn(container: object): Written | undefined {
  return written.get(container);
}

/**
 * Remembers a number as it was written (`1.0`, `1e20`, `2512292042121000001`) for chat templates,
 * which write it as Python does. The value itself stays the JavaScript number it is.
 */
export function rememberNumber(container: object, key: string | number, text: string): void {
  noteOf(container).numbers.set(String(key), text);
}

// A number with a point or an exponent, or of sixteen digits and more, a negative zero, a key of digits.
const risky = /[\d.]e|\d\.|\d{16}|-0|"\d+"\s*:/i;

/**
 * `JSON.parse`, for rows that chat templates will render. Python tells 1.0 from 1, keeps all digits
 * of a large integer, and the order of keys that are numbers; JavaScript's values do not. They are
 * remembered beside the values, which are those of `JSON.parse`.
 *
 * @throws SyntaxError as `JSON.parse` does
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return risky.test(text) ? new Reader(text).value() : value;
}

const tokens = /[ \t\n\r]*(?:("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)|(true|false|null)|([[\]{},:]))/y;
const depthLimit = 1_000;

/** Reads JSON that is known to be valid. */
class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(container?: object, key: string | number = ''): unknown {
    const [, string, number, word, mark] = this.#next();
    if (string !== undefined) return unquote(string);
    if (number !== undefined) {
      const value = Number(number);
      if (container && isInexact(value, number)) rememberNumber(container, key, number);
      return value;
    }
    if (word !== undefined) return word === 'null' ? null : word === 'true';
    if (++this.#depth > depthLimit)
      throw new SyntaxError(`it is nested more than ${depthLimit} deep`);
    const made = mark === '[' ? this.#list() : this.#object();
    this.#depth--;
    return made;
  }

  #next(): RegExpExecArray {
    tokens.lastIndex = this.#at;
    const found = tokens.exec(this.#text)!;
    this.#at = tokens.lastIndex;
    return found;
  }

  #closes(mark: string): boolean {
    const before = this.#at;
    if (this.#next()[4] === mark) return true;
    this.#at = before;
    return false;
  }

  #list(): unknown[] {
    const list: unknown[] = [];
    if (this.#closes(']')) return list;
    do list.push(this.value(list, list.length));
    while (this.#next()[4] === ',');
    return list;
  }

  #object(): object {
    const object = {};
    const keys = new Set<string>();
    if (this.#closes('}')) return object;
    do {
      const key = unquote(this.#next()[1]!);
      this.#next();
      written.get(object)?.numbers.delete(key);
      const value = this.value(object, key);
      keys.add(key);
      // As JSON.parse: a key named __proto__ is a key like others.
      Object.defineProperty(object, key, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    } while (this.#next()[4] === ',');
    const order = [...keys];
    if (Object.keys(object).some((key, i) => key !== order[i])) noteOf(object).keys = order;
    return object;
  }
}

function noteOf(container: object): Written {
  let note = written.get(container);
  if (!note) {
    note = { numbers: new Map(), keys: undefined };
    written.set(container, note);
  }
  return note;
}

function unquote(quoted: string): string {
  return quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
}

function isInexact(value: number, text: string): boolean {
  return /[.e]/i.test(text) ? Number.isInteger(value) : !Number.isSafeInteger(value);
}
