import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build, packages } from './build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const built: { name: string; folder: string; manifest: { exports: object } }[] = packages();
const specifiers = built.flatMap(({ name, manifest }) =>
  Object.keys(manifest.exports).map((entry) => join(name, entry)),
);

/** A user's project: no `attune:source` condition, so that it sees what npm would give it. */
const project = mkdtempSync(join(tmpdir(), 'attune-consumer-'));

function write(name: string, content: unknown) {
  writeFileSync(
    join(project, name),
    typeof content === 'string' ? content : JSON.stringify(content),
  );
}

/** The TypeScript of a package's README, each block a module of the project. */
function examplesOf(name: string, folder: string): string[] {
  const text = readFileSync(join(root, folder, 'README.md'), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block], i) => {
    const file = `${name.replace('/', '-')}-${i}.ts`;
    write(file, block);
    return file;
  });
}

/** The project's output and exit code; never throws. */
function run(args: string[]): string {
  try {
    execFileSync(process.execPath, args, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
    return 'ok';
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer };
    return `${stdout}${stderr}`;
  }
}

beforeAll(async () => {
  await build();
  write('package.json', { type: 'module' });
  for (const { name, folder } of built) {
    const at = join(project, 'node_modules', name);
    mkdirSync(dirname(at), { recursive: true });
    symlinkSync(join(root, folder), at, 'junction');
  }
}, 300_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('a project that uses the built packages', () => {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

  test.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])(
    'type-checks with module %s and moduleResolution %s',
    { timeout: 120_000 },
    (module, moduleResolution) => {
      const types = specifiers.filter((name) => !/\/testing$/.test(name));
      const lines = types.map(
        (name, i) => `import * as m${i} from '${name}';\nexport const n${i} = Object.keys(m${i});`,
      );
      // All that examples need of Node: the packages' own types must do without Node's.
      write(
        'node.d.ts',
        `declare module 'node:fs/promises' {
  export function readFile(path: string, encoding: 'utf8'): Promise<string>;
}\n`,
      );
      const readmes = [{ name: 'root', folder: '.' }, ...built];
      const examples = readmes.flatMap(({ name, folder }) => examplesOf(name, folder));
      write(
        'user.ts',
        `${lines.join('\n')}\nimport { AttuneError } from '@attune/gpu';
export const code: string = new AttuneError('no-gpu', 'b', 'c').code;\n`,
      );
      write('tsconfig.json', {
        compilerOptions: {
          strict: true,
          target: 'es2023',
          lib: ['es2023', 'dom', 'dom.iterable'],
          module,
          moduleResolution,
          types: [],
          noUncheckedIndexedAccess: true,
          noEmit: true,
          skipLibCheck: false,
        },
        files: ['user.ts', 'node.d.ts', ...examples],
      });
      expect(run([tsc, '-p', '.'])).toBe('ok');
    },
  );

  test('imports each entry in plain Node', () => {
    const entries = specifiers.filter((name) => !/\/testing$/.test(name));
    write('user.mjs', entries.map((name) => `await import('${name}');`).join('\n'));
    expect(run(['user.mjs'])).toBe('ok');
  });

  test('bundles for a browser', { timeout: 60_000 }, async () => {
    const { build: bundle } = await import('esbuild');
    const names = specifiers.filter(
      (name) => name.startsWith('@attune/') && !/\/testing$/.test(name),
    );
    const contents = names.map((name, i) => `export * as m${i} from '${name}';`).join('\n');
    const { errors, warnings } = await bundle({
      stdin: { contents, resolveDir: project },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      logLevel: 'silent',
      // Said of modules without side effects that lie, as here, outside of node_modules.
      logOverride: { 'ignored-bare-import': 'silent' },
    });
    expect([...errors, ...warnings].map(({ text }) => text)).toEqual([]);
  });

  test('gets shaders as text: nothing built names a .wgsl module', () => {
    for (const { folder } of built) {
      const dist = join(root, folder, 'dist');
      for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(js|d\.ts)$/.test(file)) continue;
        expect(readFileSync(join(dist, file), 'utf8'), file).not.toMatch(
          /from\s*['"][^'"]*\.wgsl['"]/,
        );
      }
    }
  });
});
