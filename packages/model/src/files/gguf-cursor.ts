import { AttuneError } from '@attune/gpu';

/** Thrown inside the reader when the bytes at hand end before the header does. */
export class NeedsMore extends Error {
  readonly bytes: number;
  constructor(bytes: number) {
    super('more bytes are needed');
    this.bytes = bytes;
  }
}

export function invalidGguf(file: string, what: string): AttuneError {
  return new AttuneError(
    'invalid-gguf',
    `${file}: ${what}.`,
    'The file is damaged or was made to mislead: download it again from its source.',
  );
}

/** Reads little-endian fields off the front of a file of `size` bytes, of which `bytes` are at hand. */
export class GgufCursor {
  readonly file: string;
  readonly size: number;
  at = 0;
  private readonly bytes: Uint8Array<ArrayBuffer>;
  private readonly view: DataView<ArrayBuffer>;
  private readonly text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(bytes: Uint8Array<ArrayBuffer>, size: number, file: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.size = size;
    this.file = file;
  }

  /** Moves past `length` bytes and gives their start; a length that the file lacks is a lie. */
  take(length: number, what: string): number {
    const start = this.at;
    if (start + length > this.size) {
      throw new AttuneError(
        'file-truncated',
        `${this.file} has ${this.size} bytes, but ${what} at byte ${start} claims ${length}.`,
        'The file is cut short or damaged: download it again.',
      );
    }
    if (start + length > this.bytes.length) throw new NeedsMore(start + length);
    this.at = start + length;
    return start;
  }

  u8(what: string): number {
    return this.view.getUint8(this.take(1, what));
  }

  u32(what: string): number {
    return this.view.getUint32(this.take(4, what), true);
  }

  /** A 64-bit count, offset or length. One beyond 2^53 cannot be honest: no file is that long. */
  size64(what: string): number {
    const start = this.take(8, what);
    const value = this.view.getUint32(start + 4, true) * 2 ** 32 + this.view.getUint32(start, true);
    if (Number.isSafeInteger(value)) return value;
    throw invalidGguf(this.file, `${what} at byte ${start} is beyond 2^53`);
  }

  string(what: string): string {
    const length = this.size64(`the length of ${what}`);
    const start = this.take(length, what);
    try {
      return this.text.decode(this.bytes.subarray(start, start + length));
    } catch {
      throw invalidGguf(this.file, `${what} at byte ${start} is not UTF-8`);
    }
  }

  /** `length` bytes as an array of their own, for typed views. */
  copy(length: number, what: string): ArrayBuffer {
    const start = this.take(length, what);
    return this.bytes.slice(start, start + length).buffer;
  }
}
