import { TemplateFault, typeError } from './fault.ts';
import { floatText, isWhole } from './numbers.ts';
import { orderOf } from './operators.ts';
import type { Value } from './values.ts';
import { Dict, Float, Markup, Tuple, typeName } from './values.ts';

export interface JsonOptions {
  ensureAscii: boolean;
  /** Spaces, or the text itself, that each level is moved in; undefined writes one line. */
  indent: string | undefined;
  separators: [item: string, key: string] | undefined;
  sortKeys: boolean;
}

const depthLimit = 200;

/** Python's `json.dumps`. @throws TemplateFault TypeError for what JSON has no form of */
export function dumps(value: Value, options: JsonOptions): string {
  const { indent, ensureAscii, sortKeys } = options;
  const [comma, colon] = options.separators ?? [indent === undefined ? ', ' : ',', ': '];
  const text = (part: string) => quote(part, ensureAscii);

  const list = (open: string, parts: string[], close: string, depth: number): string => {
    if (parts.length === 0) return open + close;
    if (indent === undefined) return open + parts.join(comma) + close;
    const line = `\n${indent.repeat(depth + 1)}`;
    return `${open}${line}${parts.join(comma + line)}\n${indent.repeat(depth)}${close}`;
  };

  const write = (part: Value, depth: number): string => {
    if (depth > depthLimit) throw new TemplateFault('RecursionError', 'a value is nested too deep');
    const simple = scalar(part);
    if (simple !== undefined) return simple;
    if (typeof part === 'string') return text(part);
    if (part instanceof Markup) return text(part.text);
    if (Array.isArray(part) || part instanceof Tuple) {
      const items = Array.isArray(part) ? part : part.items;
      return list(
        '[',
        items.map((item) => write(item, depth + 1)),
        ']',
        depth,
      );
    }
    if (!(part instanceof Dict)) {
      throw typeError(`Object of type ${typeName(part)} is not JSON serializable`);
    }
    let entries = Array.from(part.entries());
    if (sortKeys) entries = entries.sort(([a], [b]) => orderOf('<', a, b));
    const fields = entries.map(
      ([key, field]) => `${text(keyText(key))}${colon}${write(field, depth + 1)}`,
    );
    return list('{', fields, '}', depth);
  };
  return write(value, 0);
}

function scalar(value: Value): string | undefined {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (isWhole(value)) return String(value);
  if (!(value instanceof Float)) return undefined;
  if (Number.isNaN(value.value)) return 'NaN';
  if (!Number.isFinite(value.value)) return value.value < 0 ? '-Infinity' : 'Infinity';
  return floatText(value.value);
}

function keyText(key: Value): string {
  const text = typeof key === 'string' ? key : key instanceof Markup ? key.text : scalar(key);
  if (text !== undefined) return text;
  throw typeError(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

const named: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};

// Not JSON.stringify: it writes a lone surrogate as an escape, where Python leaves it to be found.
function quote(text: string, ensureAscii: boolean): string {
  const escaped = text.replace(
    // Beside quotes and backslashes what lies outside a range, which begins with the space.
    ensureAscii ? /["\\]|[^ -~]/g : /["\\]|[^ -\uffff]/g,
    (unit) => named[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}
