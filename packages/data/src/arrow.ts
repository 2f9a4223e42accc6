import { AttuneError } from '@attune/gpu';
import { parseExactJson, rememberNumber } from '@attune/tokenizer';
import type { Batch, DataType, Field } from '@uwdata/flechette';
import { checkArrowBatch, UnsupportedArrow } from './arrow-checks.ts';
import type { ArrowPart } from './arrow-messages.ts';
import { unpackLz4Frame } from './lz4-frame.ts';
import { printable } from './printable.ts';
import type { Row } from './read-rows.ts';
import { exactNumber } from './row-values.ts';

type Decoder = typeof import('@uwdata/flechette');

const lz4 = 0;
const zstd = 1;

/**
 * Rows of an Arrow IPC stream or file, batch by batch: what `datasets` keeps in its folders, and
 * Feather. Needs the optional peer `@uwdata/flechette`, and `fzstd` where buffers are packed with zstd.
 *
 * @throws AttuneError `arrow-reader-missing`, `data-codec-missing`, `data-broken-arrow`,
 * `data-unsupported-arrow`
 * @see https://arrow.apache.org/docs/format/Columnar.html
 */
export async function* parseArrow(
  parts: AsyncIterable<ArrowPart>,
  name: string,
): AsyncGenerator<Row> {
  const decoder = await loadDecoder();
  try {
    for await (const part of parts) {
      for (const codec of part.codecs) await useCodec(decoder, codec, name);
      yield* rowsOf(decoder, part);
    }
  } catch (cause) {
    if (cause instanceof AttuneError) throw cause;
    const why = printable((cause as Error).message, 200);
    if (cause instanceof UnsupportedArrow) {
      throw new AttuneError(
        'data-unsupported-arrow',
        `${name} has ${why}, which is not read here.`,
        'Write it with plain columns (text, numbers, lists, structs), or as Parquet or JSONL.',
        { cause },
      );
    }
    throw new AttuneError(
      'data-broken-arrow',
      `${name} cannot be read as Arrow: ${why}.`,
      'Check that the file is whole, or write the data as JSONL.',
      { cause },
    );
  }
}

function* rowsOf({ tableFromIPC }: Decoder, { bytes, rows }: ArrowPart): Generator<Row> {
  const table = tableFromIPC(bytes, { useBigInt: true });
  const columns = table.schema.fields.map((field, i) => {
    const batch = table.getChildAt(i).data[0] as Batch<unknown>;
    if (batch.length !== rows) {
      throw new Error(`the column ${field.name} has ${batch.length} values of ${rows}`);
    }
    checkArrowBatch(batch, field.name);
    return { name: field.name, batch, value: reader(field) };
  });
  for (let i = 0; i < rows; i++) {
    yield Object.fromEntries(columns.map(({ name, batch, value }) => [name, value(batch.at(i))]));
  }
}

interface FieldLike {
  type: DataType;
  metadata?: Map<string, string> | null;
}

/** Arrow's number of the type of floating-point numbers. */
const float = 3;

/**
 * How a value of a field becomes what JSON could hold. That 1 stands for 1.0 among floating-point numbers is
 * remembered for chat templates.
 */
function reader({ type: of, metadata }: FieldLike): (value: unknown) => unknown {
  // `datasets` keeps values of any shape as JSON text.
  if (metadata?.get('ARROW:extension:name') === 'arrow.json') {
    return (value) => (typeof value === 'string' ? parseExactJson(value) : value);
  }
  const type = of as DataType & { children?: Field[]; dictionary?: DataType };
  if (type.dictionary) return reader({ type: type.dictionary });
  const children = (type.children ?? []).map((child) => ({
    name: child.name,
    isFloat: child.type.typeId === float,
    read: reader(child),
  }));
  const [item] = children;
  const listOf = (parts: Iterable<unknown>): unknown[] => {
    const list = Array.from(parts, (part) => (item ? item.read(part) : part));
    if (item?.isFloat) for (const [i, part] of list.entries()) rememberFloat(list, i, part);
    return list;
  };
  return (value) => {
    if (typeof value === 'bigint') return exactNumber(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return listOf(value);
    // Lists of numbers come as typed arrays, and so do the bytes of a value.
    if (ArrayBuffer.isView(value)) return item ? listOf(value as unknown as number[]) : value;
    const record = value as Record<string, unknown>;
    const made = Object.fromEntries(children.map(({ name, read }) => [name, read(record[name])]));
    for (const { name, isFloat } of children) if (isFloat) rememberFloat(made, name, made[name]);
    return made;
  };
}

function rememberFloat(container: object, key: string | number, value: unknown): void {
  if (Number.isInteger(value)) rememberNumber(container, key, `${value}.0`);
}

async function loadDecoder(): Promise<Decoder> {
  try {
    return await import('@uwdata/flechette');
  } catch (cause) {
    throw new AttuneError(
      'arrow-reader-missing',
      'Arrow files need the package @uwdata/flechette, which is not installed.',
      'Run `npm install @uwdata/flechette`, or write the data as Parquet or JSONL.',
      { cause },
    );
  }
}

/** Hands the decoder what unpacks buffers. */
async function useCodec(decoder: Decoder, codec: number, name: string): Promise<void> {
  const encode = (): never => {
    throw new Error('nothing is packed here');
  };
  if (codec === lz4) {
    decoder.setCompressionCodec(lz4, { encode, decode: unpackLz4Frame });
  } else if (codec === zstd) {
    const { decompress } = await import('fzstd').catch((cause: unknown) => {
      throw new AttuneError(
        'data-codec-missing',
        `${name} is packed with zstd, which needs the package fzstd, which is not installed.`,
        'Run `npm install fzstd`, or write the file without compression.',
        { cause },
      );
    });
    const decode = (bytes: Uint8Array, length: number): Uint8Array => {
      const unpacked = decompress(bytes, new Uint8Array(length));
      if (unpacked.length === length) return unpacked;
      throw new Error(`a packed part has ${unpacked.length} bytes of ${length}`);
    };
    decoder.setCompressionCodec(zstd, { encode, decode });
  } else throw new UnsupportedArrow(`buffers packed in the way ${codec}`);
}
