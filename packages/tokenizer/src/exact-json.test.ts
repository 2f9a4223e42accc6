import { describe, expect, it } from 'vitest';
import { parseExactJson, writtenIn } from './exact-json.ts';

const texts = [
  '{"a": 1.0, "b": [1, 2.50, 1e20, -0.0, -0, 2512292042121000001], "c": {"d": 1E+400}}',
  '{"10": 1, "b": 2, "2": {"1": 0, "0": 1.0}}',
  '{"a": {"x": 1.0, "y": 2.0}, "a": {"x": 1}}',
  '{"__proto__": 1.0, "constructor": {"__proto__": {"x": 2.0}}}',
  '{"text": "say \\"1.0\\" \\u00e9 \\\\", "n": 1.0, "t": true, "f": false, "u": null}',
  '[[], {}, [[1.0]], "1.0", 1.0]',
  ' \n{ "a" :\t[ 1.0 , 2.0 ] }\r\n',
  '{"plain": [1, 2, 3.5], "text": "a"}',
];

describe('parseExactJson', () => {
  it.each(texts)('gives the values of JSON.parse: %s', (text) => {
    expect(parseExactJson(text)).toEqual(JSON.parse(text));
  });

  it('remembers how numbers were written that a double cannot tell apart', () => {
    const row = parseExactJson(texts[0]!) as { b: number[]; c: object };
    expect([...writtenIn(row)!.numbers]).toEqual([['a', '1.0']]);
    expect([...writtenIn(row.b)!.numbers]).toEqual([
      ['2', '1e20'],
      ['3', '-0.0'],
      ['5', '2512292042121000001'],
    ]);
    expect(writtenIn(row.c)).toBeUndefined();
  });

  it('remembers the order of keys where JavaScript puts numbers first', () => {
    const row = parseExactJson(texts[1]!) as Record<string, object>;
    expect(Object.keys(row)).toEqual(['2', '10', 'b']);
    expect(writtenIn(row)!.keys).toEqual(['10', 'b', '2']);
    expect(writtenIn(row['2']!)!.keys).toEqual(['1', '0']);
  });

  it('takes the last of two equal keys, and nothing of the first', () => {
    const row = parseExactJson(texts[2]!) as { a: object };
    expect(writtenIn(row.a)).toBeUndefined();
  });

  it('fails as JSON.parse does, and on values nested without end', () => {
    expect(() => parseExactJson('{"a": 1.0')).toThrow(SyntaxError);
    const deep = `${'['.repeat(5000)}1.0${']'.repeat(5000)}`;
    expect(() => parseExactJson(deep)).toThrow('nested more than 1000 deep');
  });
});
