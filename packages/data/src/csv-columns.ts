/** What the fields of a column are. */
export type ColumnKind = 'number' | 'boolean' | 'text' | 'named-text';

/** Columns that the shapes of data read as text: `42` in a column of completions is one. */
const textColumns = ['text', 'prompt', 'completion', 'chosen', 'rejected'];

const delimiters = [',', ';', '\t', '|'];

/** The delimiter that a header uses most, outside its quotes; a comma where there is none. */
export function delimiterOf(text: string): string {
  const end = text.search(/[\r\n]/);
  const header = (end < 0 ? text : text.slice(0, end)).replace(/"[^"]*"/g, '');
  const count = (delimiter: string) => header.split(delimiter).length;
  return delimiters.reduce((best, other) => (count(other) > count(best) ? other : best));
}

/** Fields that pandas takes for missing values, in columns whose other fields are no text. */
const missing = /^(|#N\/A|N\/A|NA|<NA>|NULL|null|None|NaN|nan)$/;
const truth = /^(true|false)$/i;
// Numbers with leading zeros are codes, which would lose them.
const decimal = /^[+-]?(0|[1-9]\d*)?(\.\d*)?([eE][+-]?\d+)?$/;

/**
 * What the columns of a table are, record by record, the header first.
 *
 * @see https://pandas.pydata.org/docs/reference/api/pandas.read_csv.html
 */
export function columnKinds(textColumn?: string): {
  /** False once nothing can change any more. */
  next(fields: readonly string[]): boolean;
  readonly kinds: ColumnKind[];
} {
  let named: boolean[] | undefined;
  /** What each column can still be, and whether a field showed it. */
  let open: { number: boolean; boolean: boolean; seen: boolean }[] = [];
  return {
    next(fields) {
      if (!named) {
        named = fields.map((name) => textColumns.includes(name) || name === textColumn);
        open = named.map((text) => ({ number: !text, boolean: !text, seen: false }));
      } else {
        for (const [i, column] of open.entries()) {
          const field = fields[i] ?? '';
          if (missing.test(field)) continue;
          column.seen = true;
          column.number &&= isNumber(field);
          column.boolean &&= truth.test(field);
        }
      }
      return open.some((column) => column.number || column.boolean);
    },
    get kinds() {
      return open.map((column, i): ColumnKind => {
        if (named?.[i]) return 'named-text';
        if (!column.seen) return 'text';
        return column.boolean ? 'boolean' : column.number ? 'number' : 'text';
      });
    },
  };
}

function isNumber(field: string): boolean {
  if (!decimal.test(field) || !/\d/.test(field)) return false;
  // Beyond 64 bits it is a name made of digits.
  return !/^[+-]?\d+$/.test(field) || BigInt.asIntN(64, BigInt(field)) === BigInt(field);
}

/** A field as a column of its kind has it. */
export function fieldValue(field: string, kind: ColumnKind): unknown {
  if (kind === 'named-text') return field;
  if (kind === 'text') return field === '' ? null : field;
  if (missing.test(field)) return null;
  if (kind === 'boolean') return field.toLowerCase() === 'true';
  const number = Number(field);
  // Whole numbers beyond 2^53 keep their digits.
  return /^[+-]?\d+$/.test(field) && !Number.isSafeInteger(number) ? BigInt(field) : number;
}
