import { typeError, valueError } from './fault.ts';
import { attribute, subscript } from './members.ts';
import { floatText, isWhole, toDouble, toIndex } from './numbers.ts';
import { characters, represent, textOf } from './text.ts';
import type { Value } from './values.ts';
import { Dict, Float, isNumber, Range, Tuple, typeName, Undefined } from './values.ts';

interface Spec {
  fill: string;
  align: string;
  sign: string;
  alternate: boolean;
  zero: boolean;
  width: number;
  group: string;
  precision: number | undefined;
  type: string;
}

const widest = 1e6;

/** Python's `text % values`. */
export function formatPercent(text: string, values: Value): string {
  const list = values instanceof Tuple ? values.items : [values];
  let used = 0;
  const next = (): Value => {
    if (used >= list.length) throw typeError('not enough arguments for format string');
    return list[used++]!;
  };
  const out = text.replace(
    /%(?:\(([^)]*)\))?([-+ #0]*)(\*|\d*)(?:\.(\*|\d*))?[hlL]?([\s\S]?)/g,
    (
      _,
      key: string | undefined,
      flags: string,
      width: string,
      precision: string | undefined,
      type: string,
    ) => {
      if (type === '%') return '%';
      if (!type) throw valueError('incomplete format');
      const spec = plainSpec(type);
      spec.width = width === '*' ? toIndex(next()) : Number(width);
      if (precision !== undefined) {
        spec.precision = precision === '*' ? toIndex(next()) : Number(precision);
      }
      spec.zero = flags.includes('0') && !flags.includes('-');
      spec.sign = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
      spec.alternate = flags.includes('#');
      if (flags.includes('-')) spec.align = '<';
      else if (!spec.zero) spec.align = '>';
      if (key === undefined) return percentField(next(), spec);
      if (!(values instanceof Dict)) throw typeError('format requires a mapping');
      used = list.length;
      const value = values.get(key);
      if (value === undefined) throw typeError(`KeyError: ${represent(key)}`);
      return percentField(value, spec);
    },
  );
  // Python lets a list or a dict be left over, which could be asked for items by name.
  const indexed = [Array, Dict, Undefined, Range].some((type) => values instanceof type);
  if (used < list.length && !indexed) {
    throw typeError('not all arguments converted during string formatting');
  }
  return out;
}

function percentField(value: Value, spec: Spec): string {
  const { type } = spec;
  if (type === 's' || type === 'r') {
    const text = type === 's' ? textOf(value) : represent(value);
    return pad(cut(text, spec), { ...spec, zero: false, align: spec.align || '>' });
  }
  if (type === 'c') {
    const text = typeof value === 'string' ? value : String.fromCodePoint(toIndex(value));
    return pad(text, { ...spec, zero: false, align: spec.align || '>' });
  }
  if (!isNumber(value)) {
    throw typeError(`%${type} format: a real number is required, not ${typeName(value)}`);
  }
  if ('diu'.includes(type)) {
    const double = value instanceof Float ? Math.trunc(value.value) : value;
    return number(isWhole(double) ? double : 0, { ...spec, type: 'd' });
  }
  if ('xXo'.includes(type)) {
    if (!isWhole(value)) throw typeError(`%${type} format: an integer is required`);
    return number(value, spec);
  }
  if ('eEfFgG'.includes(type)) return number(new Float(toDouble(value)), spec);
  throw valueError(`unsupported format character '${type}'`);
}

const replacement = /\{\{|\}\}|\{([^{}!:]*)(?:!([rsa]))?(?::([^{}]*))?\}|[{}]/g;

/** Python's `text.format(…)`, without fields nested in a field. */
export function formatBraces(text: string, args: Value[], keywords: Map<string, Value>): string {
  let counted = 0;
  return text.replace(replacement, (all, name?: string, conversion?: string, spec = '') => {
    if (all === '{{' || all === '}}') return all[0]!;
    if (name === undefined) throw valueError(`Single '${all}' encountered in format string`);
    const [first, ...path] = name.split(/(?=[.[])/) as [string, ...string[]];
    const given =
      first === ''
        ? args[counted++]
        : /^\d+$/.test(first)
          ? args[Number(first)]
          : keywords.get(first);
    if (given === undefined) throw valueError(`nothing to put in place of ${all}`);
    const value = path.reduce(member, given);
    if (conversion === 'a') throw valueError('the conversion !a is not supported');
    const shown =
      conversion === 'r' ? represent(value) : conversion === 's' ? textOf(value) : value;
    return formatValue(shown, readSpec(spec));
  });
}

function member(object: Value, part: string): Value {
  if (part.startsWith('.')) return attribute(object, part.slice(1));
  const key = /^\[(.+)\]$/.exec(part)?.[1];
  if (key === undefined) throw valueError('Empty attribute in format string');
  return subscript(object, /^\d+$/.test(key) ? Number(key) : key);
}

function readSpec(text: string): Spec {
  const found =
    /^(?:([\s\S])?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/u.exec(
      text,
    );
  if (!found) throw valueError(`Invalid format specifier '${text}'`);
  const [, fill, align, sign, alternate, zero, width, group, precision, type] = found;
  return {
    fill: fill ?? ' ',
    align: align ?? '',
    sign: sign === '-' || sign === undefined ? '' : sign,
    alternate: alternate !== undefined,
    zero: zero !== undefined,
    width: Number(width ?? 0),
    group: group ?? '',
    precision: precision === undefined ? undefined : Number(precision),
    type: type ?? '',
  };
}

function plainSpec(type: string): Spec {
  const none = {
    fill: ' ',
    align: '',
    sign: '',
    alternate: false,
    zero: false,
    width: 0,
    group: '',
  };
  return { ...none, precision: undefined, type };
}

function formatValue(value: Value, spec: Spec): string {
  if (isNumber(value) && !(typeof value === 'boolean' && isEmpty(spec))) return number(value, spec);
  if (typeof value === 'string' || typeof value === 'boolean') {
    if (spec.type !== '' && spec.type !== 's') {
      throw valueError(
        `Unknown format code '${spec.type}' for object of type '${typeName(value)}'`,
      );
    }
    return pad(cut(textOf(value), spec), { ...spec, align: spec.align || '<' });
  }
  if (!isEmpty(spec))
    throw typeError(`unsupported format string passed to ${typeName(value)}.__format__`);
  return textOf(value);
}

function isEmpty({ width, type, align, precision }: Spec): boolean {
  return width === 0 && type === '' && align === '' && precision === undefined;
}

function number(value: number | bigint | boolean | Float, spec: Spec): string {
  const negative =
    value instanceof Float ? value.value < 0 || Object.is(value.value, -0) : Number(value) < 0;
  let digits = value instanceof Float ? floatDigits(value, spec) : wholeDigits(value, spec);
  if (spec.group) {
    digits = digits.replace(/^\d+/, (part) => part.replace(/\B(?=(\d{3})+$)/g, spec.group));
  }
  const sign = negative ? '-' : spec.sign;
  const gap = spec.width - sign.length - digits.length;
  if (spec.zero && spec.align === '' && gap > 0)
    return sign + '0'.repeat(Math.min(gap, widest)) + digits;
  if (spec.align === '=')
    return sign + spec.fill.repeat(Math.max(0, Math.min(gap, widest))) + digits;
  return pad(sign + digits, { ...spec, align: spec.align || '>' });
}

function wholeDigits(value: number | bigint | boolean, spec: Spec): string {
  const exact = BigInt(value);
  const size = exact < 0n ? -exact : exact;
  const radix: Record<string, [number, string]> = {
    x: [16, '0x'],
    X: [16, '0X'],
    o: [8, '0o'],
    b: [2, '0b'],
  };
  const based = radix[spec.type];
  if (based) {
    const digits = size.toString(based[0]).padStart(spec.precision ?? 0, '0');
    return (spec.alternate ? based[1] : '') + (spec.type === 'X' ? digits.toUpperCase() : digits);
  }
  if (spec.type === '' || spec.type === 'd' || spec.type === 'n') {
    return String(size).padStart(spec.precision ?? 0, '0');
  }
  return floatDigits(new Float(Number(size)), spec);
}

function floatDigits({ value }: Float, spec: Spec): string {
  const size = Math.abs(value);
  if (!Number.isFinite(size)) return floatText(size);
  const { type, precision } = spec;
  const exponent = (text: string) => text.replace(/e([+-])(\d)$/, 'e$10$2');
  switch (type.toLowerCase()) {
    case '':
      return precision === undefined ? floatText(size) : general(size, precision);
    case 'f':
      return fixed(size, precision ?? 6);
    case '%':
      return `${fixed(size * 100, precision ?? 6)}%`;
    case 'e': {
      const text = exponent(size.toExponential(Math.min(precision ?? 6, 100)));
      return type === 'E' ? text.toUpperCase() : text;
    }
    case 'g':
    case 'n': {
      const text = exponent(general(size, precision ?? 6));
      return type === 'G' ? text.toUpperCase() : text;
    }
    default:
      throw valueError(`Unknown format code '${type}' for object of type 'float'`);
  }
}

function fixed(size: number, places: number): string {
  if (places > 100 || size >= 1e21) throw valueError('precision too big');
  const text = size.toFixed(places);
  // toFixed rounds ties up, Python to the even digit; both look at the exact value.
  const exact = size.toFixed(100);
  const rest = exact.slice(exact.indexOf('.') + 1 + places);
  if (!/^50*$/.test(rest)) return text;
  const below = exact.slice(0, exact.length - rest.length).replace(/\.$/, '');
  return Number(below.replace(/\D/g, '').at(-1)) % 2 === 0 ? below : text;
}

function general(size: number, precision: number): string {
  const digits = Math.max(1, Math.min(precision, 100));
  if (size === 0) return '0';
  const [mantissa, power] = size.toExponential(digits - 1).split('e') as [string, string];
  const exponent = Number(power);
  if (exponent < -4 || exponent >= digits) return `${dropZeros(mantissa)}e${power}`;
  return dropZeros(size.toFixed(Math.max(0, digits - 1 - exponent)));
}

function dropZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function cut(text: string, { precision }: Spec): string {
  return precision === undefined ? text : characters(text).slice(0, precision).join('');
}

function pad(text: string, { width, fill, align }: Spec): string {
  const gap = Math.min(widest, width - characters(text).length);
  if (gap <= 0) return text;
  if (align === '<') return text + fill.repeat(gap);
  if (align !== '^') return fill.repeat(gap) + text;
  const before = Math.floor(gap / 2);
  return fill.repeat(before) + text + fill.repeat(gap - before);
}
