import { TemplateFault, typeError, valueError } from './fault.ts';
import type { Value } from './values.ts';
import { Float, isNumber, typeName } from './values.ts';

export type Numeric = number | bigint | boolean | Float;

/** A whole number: a bigint only where a double would lose digits. */
export function whole(value: bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/** The double nearest to a number. @throws TemplateFault OverflowError */
export function toDouble(value: Numeric): number {
  if (value instanceof Float) return value.value;
  const double = Number(value);
  if (!Number.isFinite(double)) {
    throw new TemplateFault('OverflowError', 'int too large to convert to float');
  }
  return double;
}

export function isWhole(value: Value): value is number | bigint | boolean {
  return isNumber(value) && !(value instanceof Float);
}

/** An int of Python as a number that can be an index or a count. */
export function toIndex(value: Value): number {
  if (!isWhole(value)) {
    throw typeError(`'${typeName(value)}' object cannot be interpreted as an integer`);
  }
  return Number(value);
}

/** `+ - * / // % **` of two numbers. */
export function arithmetic(operator: string, left: Numeric, right: Numeric): Value {
  if (isWhole(left) && isWhole(right) && operator !== '/') {
    const result = wholeArithmetic(operator, BigInt(left), BigInt(right));
    if (result !== undefined) return result;
  }
  const [a, b] = [toDouble(left), toDouble(right)];
  return new Float(doubleArithmetic(operator, a, b));
}

const digitLimit = 1e5;

function wholeArithmetic(operator: string, a: bigint, b: bigint): Value | undefined {
  switch (operator) {
    case '+':
      return whole(a + b);
    case '-':
      return whole(a - b);
    case '*':
      return whole(a * b);
    case '//':
      if (b === 0n) throw zeroDivision('integer division or modulo by zero');
      return whole((a - floorRest(a, b)) / b);
    case '%':
      if (b === 0n) throw zeroDivision('integer modulo by zero');
      return whole(floorRest(a, b));
    default: {
      if (b < 0n) return undefined;
      if (Number(b) * String(a).length > digitLimit) {
        throw valueError('Exceeds the limit for the digits of a number');
      }
      return whole(a ** b);
    }
  }
}

/** The rest of a floor division: it has the divisor's sign. */
function floorRest(a: bigint, b: bigint): bigint {
  const rest = a % b;
  return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest;
}

function doubleArithmetic(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      if (b === 0) throw zeroDivision('division by zero');
      return a / b;
    case '//':
    case '%': {
      if (b === 0)
        throw zeroDivision(operator === '%' ? 'float modulo' : 'float floor division by zero');
      let rest = a % b;
      if (rest !== 0 && rest < 0 !== b < 0) rest += b;
      if (rest === 0) rest = b < 0 ? -0 : 0;
      return operator === '%' ? rest : Math.round((a - rest) / b);
    }
    default: {
      if (a === 0 && b < 0) throw zeroDivision('0.0 cannot be raised to a negative power');
      const power = a === 1 || b === 0 ? 1 : a ** b;
      if (Number.isNaN(power) && !Number.isNaN(a) && !Number.isNaN(b)) {
        throw valueError('a complex number');
      }
      if (!Number.isFinite(power) && Number.isFinite(a) && Number.isFinite(b)) {
        throw new TemplateFault('OverflowError', 'Result too large');
      }
      return power;
    }
  }
}

function zeroDivision(message: string): TemplateFault {
  return new TemplateFault('ZeroDivisionError', message);
}

/** Less, equal or greater: negative, 0 or positive; NaN where they cannot be ordered. */
export function compareNumbers(left: Numeric, right: Numeric): number {
  const a = left instanceof Float ? left.value : typeof left === 'boolean' ? Number(left) : left;
  const b =
    right instanceof Float ? right.value : typeof right === 'boolean' ? Number(right) : right;
  // Of a bigint and a number, JavaScript compares the exact values, as Python does.
  return a < b ? -1 : a > b ? 1 : Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : 0;
}

/** Python's `repr` of a float: the shortest digits that read back the same, `1e+20`, `1e-05`, `1.0`. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa, power] = Math.abs(value).toExponential().split('e') as [string, string];
  const sign = value < 0 ? '-' : '';
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  const digits = mantissa.replace('.', '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const wholePart = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${wholePart}.${digits.slice(exponent + 1) || '0'}`;
}

const integerText = /^[+-]?\d+(?:_\d+)*$/;
const floatPattern =
  /^[+-]?(?:(?:\d+(?:_\d+)*)?\.?(?:\d+(?:_\d+)*)?(?:e[+-]?\d+(?:_\d+)*)?|inf(?:inity)?|nan)$/i;

/** `int(text, base)`, or undefined where Python raises ValueError. */
export function readInteger(text: string, base: number): number | bigint | undefined {
  const trimmed = text.trim();
  if (base === 10) {
    if (!integerText.test(trimmed)) return undefined;
    return whole(BigInt(trimmed.replaceAll('_', '').replace('+', '')));
  }
  const prefix = { 2: '0b', 8: '0o', 16: '0x' }[base];
  const plain = /^([+-]?)(0[box])?([\da-z]+)$/i.exec(trimmed.replaceAll('_', ''));
  if (!plain || (plain[2] && plain[2].toLowerCase() !== prefix)) return undefined;
  let value = 0n;
  for (const digit of plain[3]!) {
    const place = Number.parseInt(digit, 36);
    if (place >= base) return undefined;
    value = value * BigInt(base) + BigInt(place);
  }
  return whole(plain[1] === '-' ? -value : value);
}

/** `float(text)`, or undefined where Python raises ValueError. */
export function readFloat(text: string): number | undefined {
  const trimmed = text.trim();
  if (!floatPattern.test(trimmed) || !/\d|inf|nan/i.test(trimmed)) return undefined;
  const plain = trimmed.replaceAll('_', '').toLowerCase();
  if (/inf/.test(plain)) return plain.startsWith('-') ? -Infinity : Infinity;
  if (plain.includes('nan')) return Number.NaN;
  const value = Number(plain);
  return Number.isNaN(value) ? undefined : value;
}

/** Python's `round` of a float: ties go to the even neighbour, exactly. */
export function roundDouble(value: number, places: number): number {
  if (!Number.isFinite(value) || places > 100) return value;
  if (places < 0) {
    const unit = 10 ** -places;
    const low = Math.floor(value / unit) * unit;
    const rest = value - low;
    if (rest * 2 === unit) return (low / unit) % 2 === 0 ? low : low + unit;
    return rest * 2 < unit ? low : low + unit;
  }
  const rounded = value.toFixed(places);
  // A tie is exact: its binary digits end within a thousand decimal ones, of which toFixed shows 100.
  const exact = Math.abs(value).toFixed(100);
  const rest = exact.slice(exact.indexOf('.') + 1 + places);
  if (!/^50*$/.test(rest)) return Number(rounded);
  const below = exact.slice(0, exact.length - rest.length);
  const last = Number(below.replace(/\D/g, '').at(-1));
  const away = Number(rounded);
  return last % 2 === 0 ? Math.sign(value) * Number(below) : away;
}
