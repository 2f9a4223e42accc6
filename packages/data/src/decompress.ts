import { AttuneError } from '@attune/gpu';
import { printable } from './printable.ts';

/** Ways in which a whole file may be packed, and that are unpacked as it is read. */
export type Compression = 'gzip' | 'zstd';

/** How a file is packed, by its first bytes. */
export function compressionOf(start: Uint8Array): Compression | undefined {
  const begins = (...bytes: number[]) => bytes.every((byte, i) => start[i] === byte);
  if (begins(0x1f, 0x8b, 0x08)) return 'gzip';
  if (begins(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd';
  return undefined;
}

/**
 * Unpacks a stream as it is read; memory does not grow with it. zstd needs the optional peer `fzstd`.
 *
 * @throws AttuneError `data-broken-compression`, `data-codec-missing`
 */
export async function* decompress(
  bytes: AsyncIterable<Uint8Array>,
  compression: Compression,
  name: string,
): AsyncGenerator<Uint8Array> {
  const unpacked = compression === 'gzip' ? gunzip(bytes) : unzstd(bytes, await loadZstd(name));
  try {
    yield* unpacked;
  } catch (cause) {
    // What reading the packed bytes threw is of their source.
    if (cause instanceof AttuneError) throw cause;
    throw new AttuneError(
      'data-broken-compression',
      `${name} cannot be unpacked (${compression}): ${printable((cause as Error).message, 200)}.`,
      'The file may be cut off: download or copy it again.',
      { cause },
    );
  }
}

async function* gunzip(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { writable, readable } = new DecompressionStream('gzip');
  const writer = writable.getWriter();
  const reader = readable.getReader();
  let fault: unknown;
  const pump = async (): Promise<void> => {
    try {
      for await (const part of bytes) await writer.write(part.slice());
      await writer.close();
    } catch (cause) {
      fault = cause;
      await writer.abort(cause).catch(() => undefined);
    }
  };
  const pumping = pump();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } catch (cause) {
    await pumping;
    throw fault ?? cause;
  } finally {
    await reader.cancel().catch(() => undefined);
    await pumping;
  }
}

type Zstd = typeof import('fzstd');

async function loadZstd(name: string): Promise<Zstd> {
  try {
    return await import('fzstd');
  } catch (cause) {
    throw new AttuneError(
      'data-codec-missing',
      `${name} is packed with zstd, which needs the package fzstd, which is not installed.`,
      'Run `npm install fzstd`, or unpack the file first: `zstd -d FILE`.',
      { cause },
    );
  }
}

async function* unzstd(
  bytes: AsyncIterable<Uint8Array>,
  { Decompress }: Zstd,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  const decoder = new Decompress((part) => void parts.push(part));
  const take = function* (): Generator<Uint8Array> {
    const ready = parts;
    parts = [];
    yield* ready;
  };
  for await (const part of bytes) {
    decoder.push(part.slice());
    yield* take();
  }
  decoder.push(new Uint8Array(), true);
  yield* take();
}
