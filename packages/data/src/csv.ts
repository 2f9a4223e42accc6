import { AttuneError } from '@attune/gpu';
import type { ColumnKind } from './csv-columns.ts';
import { columnKinds, delimiterOf, fieldValue } from './csv-columns.ts';
import { checkLength, notUtf8 } from './lines.ts';
import { printable } from './printable.ts';
import type { Row } from './read-rows.ts';

/**
 * Rows of comma-separated values (RFC 4180): the first record names the columns, fields may be
 * quoted and then hold delimiters, line breaks and doubled quotes. Without a given delimiter the
 * header tells it: comma, semicolon, tab or `|`.
 *
 * The file is read twice: a column is of numbers or of truth values if all its fields are. An empty
 * field is null there, and in columns of text that no shape of data knows.
 *
 * @throws AttuneError `data-broken-csv`, `data-line-too-long`, `invalid-utf8`
 */
export async function* parseCsv(
  open: () => AsyncIterable<Uint8Array>,
  name: string,
  options: { delimiter?: string | undefined; textColumn?: string | undefined } = {},
): AsyncGenerator<Row> {
  let kinds: ColumnKind[] | undefined;
  let columns: string[] | undefined;
  const kindsOf = columnKinds(options.textColumn);
  for await (const { fields } of table(open(), name, options.delimiter)) {
    if (!kindsOf.next(fields)) break;
  }
  for await (const { fields, line } of table(open(), name, options.delimiter)) {
    if (!columns || !kinds) {
      columns = fields;
      kinds = kindsOf.kinds;
      continue;
    }
    if (fields.length !== columns.length) {
      throw broken(
        `Line ${line} of ${name} has ${fields.length} fields, the header has ${columns.length}.`,
      );
    }
    const entries = columns.map((column, i) => [column, fieldValue(fields[i]!, kinds![i]!)]);
    yield Object.fromEntries(entries);
  }
}

/** Records, the first of which is a header. */
async function* table(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  delimiter: string | undefined,
): AsyncGenerator<Record> {
  const text = await withDelimiter(texts(chunks, name), delimiter);
  let first = true;
  for await (const record of records(text.whole, name, text.delimiter)) {
    if (first) checkHeader(record.fields, name);
    first = false;
    yield record;
  }
}

/** Looks for the delimiter in the first line; Excel's own `sep=;` line is taken at its word. */
async function withDelimiter(
  parts: AsyncGenerator<string>,
  given: string | undefined,
): Promise<{ delimiter: string; whole: AsyncGenerator<string> }> {
  let start = '';
  let ended = false;
  while (!ended && !start.includes('\n') && start.length < longestHeader) {
    const next = await parts.next();
    if (next.done) ended = true;
    else start += next.value;
  }
  const said = /^sep=([,;\t|:])\r?\n/.exec(start);
  const rest = said ? start.slice(said[0].length) : start;
  async function* whole(): AsyncGenerator<string> {
    try {
      // An empty line in the place of Excel's keeps the line numbers.
      if (said) yield '\n';
      yield rest;
      if (!ended) yield* parts;
    } finally {
      await parts.return(undefined);
    }
  }
  return { delimiter: given ?? said?.[1] ?? delimiterOf(rest), whole: whole() };
}

/** The first line is looked at as far as this. */
const longestHeader = 1 << 16;

interface Record {
  fields: string[];
  line: number;
}

async function* records(
  text: AsyncIterable<string>,
  name: string,
  delimiter: string,
): AsyncGenerator<Record> {
  let line = 1;
  let startLine = 1;
  let fields: string[] = [];
  let field = '';
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  let recordLength = 0;
  const plainEnd = new RegExp(`[\\${delimiter}\\n]`, 'g');
  const endField = (): void => {
    fields.push(field);
    field = '';
    state = 'start';
  };
  const isEmpty = (): boolean => fields.length === 0 && field === '' && state === 'start';
  for await (const part of text) {
    for (let i = 0; i < part.length; i++) {
      // Runs without a character that matters are taken whole.
      const matters = state === 'quoted' ? /"/g : state === 'plain' ? plainEnd : undefined;
      if (matters) {
        matters.lastIndex = i;
        const end = matters.exec(part)?.index ?? part.length;
        const run = part.slice(i, end);
        field += run;
        recordLength += run.length;
        for (let at = run.indexOf('\n'); at >= 0; at = run.indexOf('\n', at + 1)) line++;
        checkLength(recordLength, name, startLine);
        if (end === part.length) break;
        i = end;
      }
      const character = part[i]!;
      if (character === '\n') line++;
      checkLength(++recordLength, name, startLine);
      if (state === 'quoted') {
        state = 'closed';
      } else if (character === '"' && state === 'closed') {
        field += '"';
        state = 'quoted';
      } else if (character === '"' && state === 'start') {
        state = 'quoted';
      } else if (character === delimiter) {
        endField();
      } else if (character === '\n') {
        if (field.endsWith('\r') && state === 'plain') field = field.slice(0, -1);
        if (!isEmpty()) {
          endField();
          yield { fields, line: startLine };
        }
        fields = [];
        state = 'start';
        startLine = line;
        recordLength = 0;
      } else if (state === 'closed') {
        if (character !== '\r') {
          throw broken(
            `Line ${line} of ${name} goes on after a closing quote: ${printable(character)}`,
          );
        }
      } else if (state === 'start' && character === '\r') {
        // A line break after an empty field, or an empty line.
      } else {
        state = 'plain';
        field += character;
      }
    }
  }
  if (state === 'quoted') {
    throw broken(
      `A quoted field that begins in the record of line ${startLine} of ${name} never ends.`,
    );
  }
  if (!isEmpty()) {
    endField();
    yield { fields, line: startLine };
  }
}

async function* texts(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<string, undefined, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  const decode = (chunk?: Uint8Array): string => {
    try {
      const text = decoder.decode(chunk, { stream: chunk !== undefined });
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) line++;
      return text;
    } catch (cause) {
      throw notUtf8(name, line, cause);
    }
  };
  for await (const chunk of chunks) yield decode(chunk);
  yield decode();
}

function checkHeader(columns: string[], name: string): void {
  const repeated = columns.find((column, i) => columns.indexOf(column) !== i);
  if (repeated !== undefined)
    throw broken(`${name} names the column "${printable(repeated)}" twice.`);
}

function broken(what: string): AttuneError {
  return new AttuneError(
    'data-broken-csv',
    what,
    'Put quotes around fields that hold commas, quotes or line breaks, and double the quotes in them.',
  );
}
