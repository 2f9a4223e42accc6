import { expect, test } from 'vitest';
import { shader } from './shader.ts';

const includes = {
  'outer.wgsl': 'fn outer() {}\n#include "inner.wgsl"\nfn last() {}',
  'inner.wgsl': '#if DEEP\nfn deep() {}\n#endif\nfn inner() {}',
};
const text = `// Own text.
#include "outer.wgsl"
#include "inner.wgsl"
#if ON
fn on() {}
#else
fn off() {}
#endif
struct Params { count: u32 }
fn end() {}`;

/** What each line of code that declares something comes from. */
function declared(defines: Record<string, boolean>, constants?: Record<string, number>) {
  const { code, origin } = shader('own', text, includes).compile({
    defines,
    ...(constants && { constants }),
  });
  return code.split('\n').flatMap((line, i) => {
    const name = /(?:fn|struct|const) (\w+)/.exec(line)?.[1];
    const at = origin(i + 1)!;
    return name ? [`${name} ${at.file}:${at.line}`] : [];
  });
}

test('an included file stands where it is named, once, and each line knows its file', () => {
  expect(declared({})).toEqual([
    'outer outer.wgsl:1',
    'inner inner.wgsl:4',
    'last outer.wgsl:3',
    'off own.wgsl:7',
    'Params own.wgsl:9',
    'end own.wgsl:10',
  ]);
});

test('branches of #if are taken out, in included files too, and lines still know where they stood', () => {
  expect(declared({ ON: true, DEEP: true }, { LANES: 4 })).toEqual([
    'LANES own.wgsl (constants):1',
    'outer outer.wgsl:1',
    'deep inner.wgsl:2',
    'inner inner.wgsl:4',
    'last outer.wgsl:3',
    'on own.wgsl:5',
    'Params own.wgsl:9',
    'end own.wgsl:10',
  ]);
});

test('a file that a fallen branch names is included where it is named next', () => {
  const source = shader(
    'own',
    '#if ON\n#include "a.wgsl"\n#endif\nfn own() {}\n#include "a.wgsl"',
    {
      'a.wgsl': 'fn a() {}',
    },
  );
  expect(source.compile().code.trim()).toBe('fn own() {}\nfn a() {}');
  expect(source.compile({ defines: { ON: true } }).code.trim()).toBe('fn a() {}\n\nfn own() {}');
});

test('directives of included files come first', () => {
  const source = shader('own', '#include "lanes.wgsl"\nfn main() {}', {
    'lanes.wgsl': '// Lanes.\nenable subgroups;\nfn swap() {}',
  });
  const { code, origin } = source.compile({ constants: { LANES: 8 } });
  expect(code.split('\n').slice(0, 2)).toEqual(['enable subgroups;', 'const LANES = 8;']);
  expect(origin(1)).toMatchObject({ file: 'lanes.wgsl', line: 2 });
});

test('a file that is included and not given is an error with its place', () => {
  expect(() => shader('own', 'fn main() {}\n#include "other.wgsl"', includes).compile()).toThrow(
    'own.wgsl:2 includes "other.wgsl"; given were outer.wgsl, inner.wgsl.',
  );
});

test('an #if that is not closed in its own file is an error that names the file', () => {
  const source = shader('own', '#include "a.wgsl"\n#endif', { 'a.wgsl': '#if ON\nfn a() {}' });
  expect(() => source.compile()).toThrow('own.wgsl: #endif not preceeded by an #if.');
  const other = shader('own', '#include "a.wgsl"', { 'a.wgsl': '#if ON\nfn a() {}' });
  expect(() => other.compile()).toThrow('a.wgsl: Mismatched #if/#endif count.');
});

test('a file may include one that includes it', () => {
  const source = shader('own', '#include "a.wgsl"\nfn own() {}', {
    'a.wgsl': '#include "own.wgsl"\nfn a() {}',
  });
  expect(source.compile().code).toBe('fn a() {}\nfn own() {}');
});
