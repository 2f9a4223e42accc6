import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const entry = (name: string) => fileURLToPath(new URL(name, import.meta.url));

test('a page’s bundle of this package needs nothing of Node and carries neither Dawn nor SwiftShader', async () => {
  const { outputFiles, metafile, warnings } = await build({
    entryPoints: [entry('index.ts'), entry('testing.ts')],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    outdir: 'out',
    write: false,
    minify: true,
    metafile: true,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.every((file) => /packages\/gpu\/src\//.test(file))).toBe(true);
  const external = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.filter((one) => one.external),
  );
  expect(external).toEqual([]);
  const page = outputFiles.find(({ path }) => /[\\/]index\.js$/.test(path))!;
  expect(page.text).not.toMatch(/getBuiltinModule|dlopen/);
});
