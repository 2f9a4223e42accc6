/** A table of a flatbuffer; fields that are not there are 0. Places outside the buffer are RangeErrors. */
export class FlatTable {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #at: number;

  constructor(bytes: Uint8Array<ArrayBuffer>, at = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  /** The table that a buffer is about. */
  static root(bytes: Uint8Array<ArrayBuffer>): FlatTable {
    return new FlatTable(bytes).#follow(0);
  }

  byte(field: number): number {
    const at = this.#place(field);
    return at === undefined ? 0 : this.#view.getUint8(at);
  }

  long(field: number): number {
    const at = this.#place(field);
    return at === undefined ? 0 : Number(this.#view.getBigInt64(at, true));
  }

  table(field: number): FlatTable | undefined {
    const at = this.#place(field);
    return at === undefined ? undefined : this.#follow(at);
  }

  /** Where the entries of a vector begin, and how many there are: as many as the buffer can hold. */
  vector(field: number, entryBytes: number): { at: number; length: number } {
    const place = this.#place(field);
    if (place === undefined) return { at: 0, length: 0 };
    const at = place + this.#view.getUint32(place, true) + 4;
    const length = this.#view.getUint32(at - 4, true);
    if (length * entryBytes <= this.#view.byteLength - at) return { at, length };
    throw new Error(`a list claims ${length} entries`);
  }

  tables(field: number): FlatTable[] {
    const { at, length } = this.vector(field, 4);
    return Array.from({ length }, (_, i) => this.#follow(at + 4 * i));
  }

  longs(field: number): number[] {
    const { at, length } = this.vector(field, 8);
    return Array.from({ length }, (_, i) => Number(this.#view.getBigInt64(at + 8 * i, true)));
  }

  /** Entries of two longs each. */
  pairs(field: number): [number, number][] {
    const { at, length } = this.vector(field, 16);
    const long = (place: number) => Number(this.#view.getBigInt64(place, true));
    return Array.from({ length }, (_, i) => [long(at + 16 * i), long(at + 16 * i + 8)]);
  }

  text(field: number): string {
    const { at, length } = this.vector(field, 1);
    return new TextDecoder().decode(this.#bytes.subarray(at, at + length));
  }

  #follow(at: number): FlatTable {
    const to = at + this.#view.getUint32(at, true);
    if (to + 4 > this.#view.byteLength) throw new Error('a table lies outside its buffer');
    return new FlatTable(this.#bytes, to);
  }

  #place(field: number): number | undefined {
    const fields = this.#at - this.#view.getInt32(this.#at, true);
    const slot = 4 + 2 * field;
    const size = this.#view.getUint16(fields, true);
    const offset = slot + 2 > size ? 0 : this.#view.getUint16(fields + slot, true);
    // Other readers take these numbers as signed.
    if (size > 0x7fff || offset > 0x7fff) throw new Error('a table is too large');
    return offset === 0 ? undefined : this.#at + offset;
  }
}
