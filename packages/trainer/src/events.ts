/**
 * TensorBoard's event files: TFRecord framing (length, masked CRC32C, data, masked CRC32C) around
 * protobuf `Event` messages with scalar summaries.
 * @see tensorflow/core/util/event.proto, tensorflow/core/lib/io/record_writer.cc
 */

const table = Uint32Array.from({ length: 256 }, (_, i) => {
  let c = i;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  return c;
});

/** CRC-32C (Castagnoli). */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function masked(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function frame(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setUint32(0, data.length, true);
  view.setUint32(8, masked(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return record;
}

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
};
const float = (value: number) => [...new Uint8Array(Float32Array.of(value).buffer)];
const double = (value: number) => [...new Uint8Array(Float64Array.of(value).buffer)];
const text = (value: string) => {
  const bytes = new TextEncoder().encode(value);
  return [...varint(bytes.length), ...bytes];
};
const message = (bytes: number[]) => [...varint(bytes.length), ...bytes];

/** The first record of every event file. @param wallTime seconds since 1970 */
export function eventFileHeader(wallTime: number): Uint8Array {
  return frame(Uint8Array.from([0x09, ...double(wallTime), 0x1a, ...text('brain.Event:2')]));
}

/** One record with scalars by tag. */
export function eventRecord(
  wallTime: number,
  step: number,
  scalars: Readonly<Record<string, number>>,
): Uint8Array {
  const values = Object.entries(scalars).flatMap(([tag, value]) => [
    0x0a,
    ...message([0x0a, ...text(tag), 0x15, ...float(value)]),
  ]);
  return frame(
    Uint8Array.from([0x09, ...double(wallTime), 0x10, ...varint(step), 0x2a, ...message(values)]),
  );
}
