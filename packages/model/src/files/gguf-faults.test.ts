import { describe, expect, it } from 'vitest';
import { readGguf } from './gguf.ts';
import { ggufValue, writeGguf } from './gguf-writer.ts';
import { concat, faultOf, text, u32, u64 } from './testing/fault.ts';

const string = (value: string) => concat(u64(text(value).length), text(value));
const key = (name: string, type: number, value: Uint8Array) =>
  concat(string(name), u32(type), value);
const list = (of: number, count: number | bigint, ...items: Uint8Array[]) =>
  concat(u32(of), u64(count), ...items);

interface Tensor {
  name?: string | Uint8Array;
  dims?: (number | bigint)[];
  type?: number;
  offset?: number | bigint;
}

function described({ name = 't', dims = [8], type = 0, offset = 0 }: Tensor): Uint8Array {
  const named = typeof name === 'string' ? string(name) : name;
  return concat(named, u32(dims.length), u64(...dims), u32(type), u64(offset));
}

interface File {
  version?: number;
  keys?: Uint8Array[];
  tensors?: Tensor[];
  /** Bytes of data after the padded header. */
  data?: number;
  keyCount?: number | bigint;
  tensorCount?: number | bigint;
}

function file({ version = 3, keys = [], tensors = [], data = 0, ...claim }: File): Uint8Array {
  const header = concat(
    text('GGUF'),
    u32(version),
    u64(claim.tensorCount ?? tensors.length, claim.keyCount ?? keys.length),
    ...keys,
    ...tensors.map(described),
  );
  const padding = data > 0 ? -header.length & 31 : 0;
  return concat(header, new Uint8Array(padding + data));
}

const one = (tensor: Tensor, data = 32) => file({ tensors: [tensor], data });
const alignment = (type: number, value: Uint8Array) =>
  file({ keys: [key('general.alignment', type, value)], tensors: [{}], data: 32 });
const deep = (levels: number) =>
  concat(...Array.from({ length: levels }, () => list(9, 1)), list(4, 1, u32(7)));

const INVALID = 'invalid-gguf';
const CUT = 'file-truncated';
const OTHER = 'unsupported-gguf';

const corpus: [name: string, bytes: Uint8Array, code: string][] = [
  ['an empty file', new Uint8Array(0), CUT],
  ['another magic', concat(text('GGJT'), new Uint8Array(64)), INVALID],
  ['version 1', file({ version: 1 }), OTHER],
  ['version 4', file({ version: 4 }), OTHER],
  ['version 0', file({ version: 0 }), OTHER],
  ['big-endian order', file({ version: 0x03000000 }), OTHER],
  ['2^63 tensors', file({ tensorCount: 2n ** 63n }), INVALID],
  ['2^63 keys', file({ keyCount: 2n ** 63n }), INVALID],
  ['2^32 tensors', file({ tensorCount: 2 ** 32 }), INVALID],
  ['2^32 keys', file({ keyCount: 2 ** 32 }), INVALID],
  ['one key more than there is', file({ keyCount: 1, data: 32 }), INVALID],
  ['a key of 2^64 - 1 bytes', file({ keys: [concat(u64(2n ** 64n - 1n), u32(4, 1))] }), INVALID],
  ['a key of 2^40 bytes', file({ keys: [concat(u64(2 ** 40), u32(4, 1))] }), CUT],
  ['a key without a name', file({ keys: [key('', 4, u32(1))] }), INVALID],
  [
    'a key that is not UTF-8',
    file({ keys: [concat(u64(1), Uint8Array.of(255), u32(4, 1))] }),
    INVALID,
  ],
  ['a key given twice', file({ keys: [key('a', 4, u32(1)), key('a', 4, u32(1))] }), INVALID],
  ['a value of type 13', file({ keys: [key('a', 13, u64(1))] }), INVALID],
  ['a value of type 2^32 - 1', file({ keys: [key('a', 2 ** 32 - 1, u64(1))] }), INVALID],
  ['a bool of 2', file({ keys: [key('a', 7, Uint8Array.of(2))] }), INVALID],
  ['a string of 2^63 bytes', file({ keys: [key('a', 8, u64(2n ** 63n))] }), INVALID],
  ['a string longer than the file', file({ keys: [key('a', 8, u64(1000))] }), CUT],
  [
    'a string that is not UTF-8',
    file({ keys: [key('a', 8, concat(u64(2), Uint8Array.of(0xc3, 0x28)))] }),
    INVALID,
  ],
  ['a list of 2^61 numbers', file({ keys: [key('a', 9, list(4, 2n ** 61n))] }), INVALID],
  ['a list of 2^40 numbers', file({ keys: [key('a', 9, list(0, 2 ** 40))] }), CUT],
  ['a list of 2^32 strings', file({ keys: [key('a', 9, list(8, 2 ** 32))] }), CUT],
  ['a list one item too long', file({ keys: [key('a', 9, list(4, 2, u32(1)))] }), CUT],
  ['a list of unknown type', file({ keys: [key('a', 9, list(77, 1, u32(1)))] }), INVALID],
  ['lists nested 100,000 deep', file({ keys: [key('a', 9, deep(100_000))] }), INVALID],
  ['lists nested five deep', file({ keys: [key('a', 9, deep(4))] }), INVALID],
  ['an alignment of 0', alignment(4, u32(0)), INVALID],
  ['an alignment of 3', alignment(4, u32(3)), INVALID],
  ['an alignment of 2^31', alignment(4, u32(2 ** 31)), INVALID],
  ['an alignment in words', alignment(8, string('32')), INVALID],
  ['an alignment of type int32', alignment(5, u32(32)), INVALID],
  ['a tensor without a name', one({ name: '' }), INVALID],
  ['a tensor’s name of 64 bytes', one({ name: 'n'.repeat(64) }), INVALID],
  ['a tensor’s name of 2^64 - 1 bytes', one({ name: u64(2n ** 64n - 1n) }), INVALID],
  ['a tensor’s name past the end', one({ name: u64(5000) }), CUT],
  ['two tensors of one name', file({ tensors: [{}, { offset: 32 }], data: 64 }), INVALID],
  ['five dimensions', one({ dims: [8, 1, 1, 1, 1] }), INVALID],
  [
    '2^32 - 1 dimensions',
    concat(one({}, 0).slice(0, 33), u32(2 ** 32 - 1), new Uint8Array(64)),
    INVALID,
  ],
  ['a dimension of 0', one({ dims: [8, 0] }), INVALID],
  ['a dimension of 2^63', one({ dims: [2n ** 63n] }), INVALID],
  ['dimensions that multiply beyond 2^64', one({ dims: [2 ** 32, 2 ** 32] }), INVALID],
  ['elements that wrap when counted in bytes', one({ dims: [2n ** 62n, 4] }), INVALID],
  ['an unknown tensor type', one({ type: 999 }), INVALID],
  ['a removed tensor type', one({ type: 4 }), INVALID],
  ['rows that break a block', one({ dims: [33], type: 8 }), INVALID],
  ['rows of half a block', one({ dims: [16, 2], type: 8 }), INVALID],
  ['an offset of 2^63', one({ offset: 2n ** 63n }), INVALID],
  ['an offset past the end', one({ offset: 320 }), INVALID],
  [
    'an offset that is not aligned',
    file({ tensors: [{}, { name: 'u', offset: 33 }], data: 96 }),
    INVALID,
  ],
  [
    'tensors that overlap',
    file({ tensors: [{ dims: [16] }, { name: 'u', offset: 32 }], data: 96 }),
    INVALID,
  ],
  ['the same bytes twice', file({ tensors: [{}, { name: 'u', offset: 0 }], data: 64 }), INVALID],
  ['a hole', file({ tensors: [{}, { name: 'u', offset: 64 }], data: 96 }), INVALID],
  [
    'tensors in reverse order',
    file({ tensors: [{ offset: 32 }, { name: 'u', offset: 0 }], data: 64 }),
    INVALID,
  ],
  ['data cut by one byte', one({}, 31), CUT],
  ['no data', one({}, 0), CUT],
  ['bytes after the last tensor', one({}, 65), INVALID],
  ['bytes without any tensor', concat(file({}), new Uint8Array(64)), INVALID],
];

describe('a GGUF file made to mislead', () => {
  it.each(corpus)('with %s is refused by name', async (_, bytes, code) => {
    const before = performance.now();
    expect(await faultOf(() => readGguf(bytes))).toBe(code);
    expect(performance.now() - before).toBeLessThan(1000);
  });

  it('is refused at every length short of the whole', async () => {
    const metadata = new Map([
      ['general.architecture', ggufValue.string('llama')],
      ['tokenizer.ggml.tokens', ggufValue.strings(['a', 'b', ''])],
      ['tokenizer.ggml.token_type', ggufValue.int32s([1, 2, 3])],
      ['x.bool', ggufValue.bool(true)],
      ['x.float', ggufValue.float32(0.5)],
    ]);
    const data = new Uint8Array(34 * 16);
    const whole = writeGguf(metadata, [
      { name: 'a.weight', type: 'Q8_0', shape: [16, 32], data },
      { name: 'b.weight', type: 'F32', shape: [8], data: new Uint8Array(32) },
    ]);
    const lengths = Array.from({ length: whole.length }, (_, i) => i);
    const codes = await Promise.all(
      lengths.map((length) => faultOf(() => readGguf(whole.slice(0, length)))),
    );
    expect(new Set(codes)).toEqual(new Set([CUT, INVALID]));
    expect(await faultOf(() => readGguf(whole))).toBe('no error');
  });
});

describe('an unusual but honest GGUF file', () => {
  it.each([
    ['nothing in it', file({})],
    ['version 2', file({ version: 2, tensors: [{}], data: 32 })],
    ['a scalar', one({ dims: [] }, 4)],
    ['no padding after the last tensor', one({ dims: [3] }, 12)],
    ['an alignment of 64', file({ keys: [key('general.alignment', 4, u32(64))] })],
    ['lists in lists', file({ keys: [key('a', 9, deep(3))] })],
    ['an empty list', file({ keys: [key('a', 9, list(8, 0))] })],
    ['a type that is not dequantised', one({ dims: [256], type: 19 }, 50)],
  ])('with %s is opened', async (_, bytes) => {
    expect(await faultOf(() => readGguf(bytes))).toBe('no error');
  });

  it('names the type that it cannot dequantise, and still gives its blocks', async () => {
    const opened = await readGguf(one({ dims: [256], type: 19 }, 50));
    await expect(opened.float32('t')).rejects.toThrow('IQ1_S');
    expect(await opened.raw('t')).toHaveLength(50);
  });
});
