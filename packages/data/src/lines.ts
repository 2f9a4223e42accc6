import { AttuneError } from '@attune/gpu';

/** A line and its number from 1. `ended` is false for a last line without a line break. */
export interface Line {
  text: string;
  number: number;
  ended: boolean;
}

/** No line may be longer, so that a file without line breaks cannot fill the memory. */
export const longestLine = 1 << 24;

const newline = 0x0a;

/**
 * Lines of UTF-8 bytes, held one at a time. A byte order mark is dropped; `\r\n` ends a line too.
 *
 * @throws AttuneError `data-line-too-long`, `invalid-utf8`
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Line> {
  let number = 0;
  let parts: Uint8Array[] = [];
  let held = 0;
  const finish = (ended: boolean): Line => {
    number++;
    const line = { text: decode(parts, held, name, number), number, ended };
    parts = [];
    held = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      parts.push(chunk.subarray(start, end));
      held += end - start;
      checkLength(held, name, number + 1);
      yield finish(true);
      start = end + 1;
    }
    if (start < chunk.length) {
      // The reader may use its buffer again: keep a copy.
      parts.push(chunk.slice(start));
      held += chunk.length - start;
      checkLength(held, name, number + 1);
    }
  }
  if (held > 0) yield finish(false);
}

export function checkLength(held: number, name: string, line: number): void {
  if (held <= longestLine) return;
  throw new AttuneError(
    'data-line-too-long',
    `Line ${line} of ${name} is longer than ${longestLine} bytes.`,
    'Write one row a line; a JSON array goes into a file that ends in .json.',
  );
}

export function notUtf8(name: string, line: number, cause: unknown): AttuneError {
  return new AttuneError(
    'invalid-utf8',
    `Line ${line} of ${name} is not UTF-8.`,
    'Save the file as UTF-8; Windows programs often write UTF-16 or Latin-1.',
    { cause },
  );
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(parts: Uint8Array[], length: number, name: string, number: number): string {
  let bytes = parts[0] ?? new Uint8Array();
  if (parts.length > 1) {
    bytes = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
  }
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw notUtf8(name, number, cause);
  }
  if (number === 1 && text.startsWith('\uFEFF')) text = text.slice(1);
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
