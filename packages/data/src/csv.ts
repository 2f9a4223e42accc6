import { AttuneError } from '@attune/gpu';
import { checkLength, notUtf8 } from './lines.ts';
import type { Row } from './read-rows.ts';

/**
 * Rows of comma-separated values (RFC 4180): the first record names the columns, fields may be
 * quoted and then hold commas, line breaks and doubled quotes. Every value is text.
 *
 * @throws AttuneError `data-broken-csv`, `data-line-too-long`, `invalid-utf8`
 */
export async function* parseCsv(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  delimiter = ',',
): AsyncGenerator<Row> {
  let columns: string[] | undefined;
  for await (const { fields, line } of records(chunks, name, delimiter)) {
    if (!columns) {
      columns = checkHeader(fields, name);
      continue;
    }
    if (fields.length !== columns.length) {
      throw broken(
        `Line ${line} of ${name} has ${fields.length} fields, the header has ${columns.length}.`,
      );
    }
    yield Object.fromEntries(columns.map((column, i) => [column, fields[i]!]));
  }
}

interface Record {
  fields: string[];
  line: number;
}

async function* records(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  delimiter: string,
): AsyncGenerator<Record> {
  let line = 1;
  let startLine = 1;
  let fields: string[] = [];
  let field = '';
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  let recordLength = 0;
  const plainEnd = new RegExp(`[${delimiter}\\n]`, 'g');
  const endField = (): void => {
    fields.push(field);
    field = '';
    state = 'start';
  };
  const isEmpty = (): boolean => fields.length === 0 && field === '' && state === 'start';
  for await (const text of texts(chunks, name, () => line)) {
    for (let i = 0; i < text.length; i++) {
      // Runs without a character that matters are taken whole.
      const matters = state === 'quoted' ? /"/g : state === 'plain' ? plainEnd : undefined;
      if (matters) {
        matters.lastIndex = i;
        const end = matters.exec(text)?.index ?? text.length;
        const run = text.slice(i, end);
        field += run;
        recordLength += run.length;
        for (let at = run.indexOf('\n'); at >= 0; at = run.indexOf('\n', at + 1)) line++;
        checkLength(recordLength, name, startLine);
        if (end === text.length) break;
        i = end;
      }
      const character = text[i]!;
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
          throw broken(`Line ${line} of ${name} goes on after a closing quote: ${character}`);
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
  line: () => number,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (cause) {
      throw notUtf8(name, line(), cause);
    }
  };
  for await (const chunk of chunks) yield decode(chunk);
  yield decode();
}

function checkHeader(columns: string[], name: string): string[] {
  const repeated = columns.find((column, i) => columns.indexOf(column) !== i);
  if (repeated !== undefined) throw broken(`${name} names the column "${repeated}" twice.`);
  return columns;
}

function broken(what: string): AttuneError {
  return new AttuneError(
    'data-broken-csv',
    what,
    'Put quotes around fields that hold commas, quotes or line breaks, and double the quotes in them.',
  );
}
