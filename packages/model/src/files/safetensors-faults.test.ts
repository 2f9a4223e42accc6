import { describe, expect, it } from 'vitest';
import { readSafetensors } from './safetensors.ts';
import { concat, faultOf, text, u32, u64 } from './testing/fault.ts';

/** A file with this header text and so many zero bytes of data. */
function file(header: string | Uint8Array, data = 0, claim?: number | bigint): Uint8Array {
  const bytes = typeof header === 'string' ? text(header) : header;
  return concat(u64(claim ?? bytes.length), bytes, new Uint8Array(data));
}

const tensor = (begin: number, end: number, more = '') =>
  `{"dtype":"F32","shape":[${(end - begin) / 4}],"data_offsets":[${begin},${end}]${more}}`;
const described = (dtype: string, shape: string, offsets = '[0,8]') =>
  file(`{"a":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}}`, 8);

const INVALID = 'invalid-safetensors';
const CUT = 'file-truncated';

const corpus: [name: string, bytes: Uint8Array, code: string][] = [
  ['an empty file', new Uint8Array(0), CUT],
  ['seven bytes', new Uint8Array(7), CUT],
  ['a header of no bytes', file('', 0, 0), INVALID],
  ['a header longer than the file', file('{}', 0, 3), CUT],
  ['a header length of 2^64 - 1', file('{}', 0, 2n ** 64n - 1n), INVALID],
  ['a header length of 2^63', file('{}', 0, 2n ** 63n), INVALID],
  ['a header above 100 MB', file('{}', 0, 100_000_001), INVALID],
  ['a pickle', concat(u32(0x04034b50), new Uint8Array(100)), CUT],
  ['a header that is not UTF-8', file(Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d)), INVALID],
  ['a byte-order mark', file('\ufeff{}'), INVALID],
  ['a space before the brace', file(' {}'), INVALID],
  ['a list', file('[]'), INVALID],
  ['null', file('null'), INVALID],
  ['a header that ends in the middle', file('{"a":'), INVALID],
  ['something after the header’s object', file('{}{}'), INVALID],
  ['a comment', file('{/**/}'), INVALID],
  ['a trailing comma', file(`{"a":${tensor(0, 4)},}`, 4), INVALID],
  ['a string without an end', file('{"a'), INVALID],
  ['a control character in a name', file('{"a\u0001":1}'), INVALID],
  ['a lone surrogate', file(`{"\\ud800":${tensor(0, 4)}}`, 4), INVALID],
  ['a bad escape', file(`{"\\x":${tensor(0, 4)}}`, 4), INVALID],
  ['a name given twice', file(`{"a":${tensor(0, 4)},"a":${tensor(4, 8)}}`, 8), INVALID],
  [
    'the same name, once escaped',
    file(`{"a":${tensor(0, 4)},"\\u0061":${tensor(4, 8)}}`, 8),
    INVALID,
  ],
  ['a field given twice', file(`{"a":${tensor(0, 4, ',"dtype":"I32"')}}`, 4), INVALID],
  ['metadata given twice', file('{"__metadata__":{},"__metadata__":{}}'), INVALID],
  ['metadata with a number', file('{"__metadata__":{"a":1}}'), INVALID],
  ['metadata that is a list', file('{"__metadata__":[]}'), INVALID],
  ['nesting of 100,000', file(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), INVALID],
  ['a tensor that is a number', file('{"a":1}'), INVALID],
  ['a tensor that is null', file('{"a":null}'), INVALID],
  ['no dtype', file('{"a":{"shape":[1],"data_offsets":[0,4]}}', 4), INVALID],
  ['no shape', file('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4), INVALID],
  ['no offsets', file('{"a":{"dtype":"F32","shape":[1]}}', 4), INVALID],
  ['one offset', described('"F32"', '[2]', '[8]'), INVALID],
  ['three offsets', described('"F32"', '[2]', '[0,4,8]'), INVALID],
  ['offsets that go backwards', described('"F32"', '[2]', '[8,0]'), INVALID],
  ['a negative offset', described('"F32"', '[2]', '[-8,0]'), INVALID],
  ['an unknown dtype', described('"F128"', '[2]'), 'unknown-dtype'],
  ['a dtype from the prototype', described('"toString"', '[2]'), 'unknown-dtype'],
  ['a dtype that is a number', described('32', '[2]'), INVALID],
  ['a negative dimension', described('"F32"', '[-2]'), INVALID],
  ['two negative dimensions', described('"F32"', '[-1,-2]'), INVALID],
  ['half a dimension', described('"F32"', '[1.5]'), INVALID],
  ['a dimension of 2.0', described('"F32"', '[2.0]'), INVALID],
  ['a dimension of 1e400', described('"F32"', '[1e400]'), INVALID],
  ['a dimension of 02', described('"F32"', '[02]'), INVALID],
  ['a dimension beyond 2^53', described('"F32"', '[9007199254740993]'), INVALID],
  ['a product beyond 2^53', described('"F32"', '[4294967296,4294967296]'), INVALID],
  ['a product that wraps to 8 bytes', described('"F32"', '[4611686018427387906]'), INVALID],
  ['a shape that is a string', described('"F32"', '"2"'), INVALID],
  ['too small a range', described('"F32"', '[3]'), INVALID],
  ['too large a range', described('"F32"', '[1]'), INVALID],
  ['half a byte', file('{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,0]}}'), INVALID],
  ['a hole', file(`{"a":${tensor(0, 4)},"b":${tensor(8, 12)}}`, 12), INVALID],
  ['a hole at the start', file(`{"a":${tensor(4, 8)}}`, 8), INVALID],
  ['an overlap', file(`{"a":${tensor(0, 8)},"b":${tensor(4, 12)}}`, 12), INVALID],
  ['the same bytes twice', file(`{"a":${tensor(0, 4)},"b":${tensor(0, 4)}}`, 4), INVALID],
  ['bytes after the last tensor', file(`{"a":${tensor(0, 4)}}`, 5), INVALID],
  ['bytes without any tensor', file('{}', 1), INVALID],
  ['a file cut by one byte', file(`{"a":${tensor(0, 4)}}`, 3), CUT],
  ['offsets past the end', file(`{"a":${tensor(0, 400)}}`, 8), CUT],
  ['a megabyte of name without a tensor', file(`{"${'n'.repeat(1 << 20)}":0}`), INVALID],
];

describe('a safetensors file made to mislead', () => {
  it.each(corpus)('with %s is refused by name', async (_, bytes, code) => {
    expect(await faultOf(() => readSafetensors(bytes))).toBe(code);
  });

  it('is refused at every length short of the whole', async () => {
    const whole = file(`{"a":${tensor(0, 4)},"__metadata__":{"k":"v"}}`, 4);
    for (let length = 0; length < whole.length; length++) {
      expect(await faultOf(() => readSafetensors(whole.slice(0, length)))).toBe(CUT);
    }
    expect(await faultOf(() => readSafetensors(whole))).toBe('no error');
  });
});

describe('an unusual but honest safetensors file', () => {
  it.each([
    ['no tensors', file('{}')],
    ['padding spaces', file('{}      ')],
    ['a scalar', file('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4)],
    ['an empty tensor', file('{"a":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}}')],
    [
      'an empty one among others',
      file(`{"a":${tensor(0, 4)},"e":${tensor(4, 4)},"b":${tensor(4, 8)}}`, 8),
    ],
    ['an unknown extra field', file(`{"a":${tensor(0, 4, ',"more":{"deep":[true,null]}')}}`, 4)],
    ['__proto__ as a name', file(`{"__proto__":${tensor(0, 4)}}`, 4)],
    ['escapes in a name', file(`{"\\u00e9\\n\\"":${tensor(0, 4)}}`, 4)],
  ])('with %s is read', async (_, bytes) => {
    const opened = await readSafetensors(bytes);
    for (const name of opened.names()) await opened.float32(name);
  });

  it('keeps a metadata key named __proto__ to itself', async () => {
    const { metadata } = await readSafetensors(file('{"__metadata__":{"__proto__":"x"}}'));
    expect(Object.keys(metadata)).toEqual(['__proto__']);
    expect(({} as { x?: string }).x).toBeUndefined();
  });

  it('with 100,000 tensors is read within seconds', async () => {
    const entries = Array.from(
      { length: 100_000 },
      (_, i) => `"t${i}":${tensor(4 * i, 4 * i + 4)}`,
    );
    const opened = await readSafetensors(file(`{${entries.join(',')}}`, 400_000));
    expect(opened.names()).toHaveLength(100_000);
  });
});
