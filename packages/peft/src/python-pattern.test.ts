import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pythonPattern } from './python-pattern.ts';

interface Recorded {
  readonly paths: readonly string[];
  readonly patterns: readonly {
    readonly pattern: string;
    readonly matches?: readonly number[];
    readonly error?: string;
  }[];
}
const { paths, patterns }: Recorded = JSON.parse(
  readFileSync(new URL('../fixtures/patterns.json', import.meta.url), 'utf8'),
);

/** What Python reads and has no form here: refused by name, not read as something else. */
const withoutForm = new Set(['a++b', 'a*+b', '(?>a+)b', '(?(1)a|b)']);
const taken = patterns.filter(({ matches, pattern }) => matches && !withoutForm.has(pattern));
const refused = patterns.filter(({ error }) => error !== undefined);

test.each(taken)("$pattern matches what Python's re.fullmatch does", ({ pattern, matches }) => {
  const found = paths.flatMap((path, i) => (pythonPattern(pattern).test(path) ? [i] : []));
  expect(found).toEqual(matches);
});

test.each([
  '(.*)+x',
  '(a+)+b',
  '(a|aa)*b',
  '.*a.*b.*c.*d.*e',
  '(.*)(.*)(.*)(.*)\\1',
  'a'.repeat(5000),
])('%s could take for ever and is refused before it is tried', (pattern) => {
  expect(() => pythonPattern(pattern)).toThrow(/could take for ever|5000 characters/);
});

test('the pattern that Unsloth writes for language layers is read', () => {
  const pattern = String.raw`(?:.*?(?:language|text).*?(?:self_attn|attention|attn|mlp|feed_forward|ffn|dense).*?(?:k_proj|v_proj|q_proj|gate_proj).*?)|(?:\bmodel\.layers\.[\d]{1,}\.(?:self_attn|attention|attn|mlp|feed_forward|ffn|dense)\.(?:(?:k_proj|v_proj|q_proj|gate_proj)))`;
  expect(pythonPattern(pattern).test('model.layers.7.self_attn.v_proj')).toBe(true);
  expect(pythonPattern(pattern).test('model.layers.7.self_attn.o_proj')).toBe(false);
});

test.each([...refused.map(({ pattern }) => pattern), ...withoutForm])(
  '%s is refused, as Python refuses it or since it has no form here',
  (pattern) => {
    expect(() => pythonPattern(pattern)).toThrow(
      expect.objectContaining({ code: 'bad-target-modules' }),
    );
  },
);
