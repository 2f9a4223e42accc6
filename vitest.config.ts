import { readFileSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions, defaultServerConditions, type Plugin } from 'vite';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { chromiumFlags, findChromium } from './scripts/chromium.mjs';

/** Plain `.wgsl` files are imported as text, as the build does (esbuild's text loader). */
export const wgsl: Plugin = {
  name: 'wgsl',
  enforce: 'pre',
  load(id) {
    const file = id.split('?')[0]!;
    if (!file.endsWith('.wgsl')) return;
    return `export default ${JSON.stringify(readFileSync(file, 'utf8'))}`;
  },
};

/** Files that are written from folders: kernels, model families. */
const indexes = [
  './scripts/kernels-index.mjs',
  './scripts/families-index.mjs',
  './scripts/algorithms-index.mjs',
];

/** Workspace packages resolve to their TypeScript source: nothing is built before a test. */
const source = 'attune:source';
const elsewhere = ['**/node_modules/**', '**/dist/**'];

const node: TestProjectConfiguration = {
  plugins: [wgsl],
  ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
  test: {
    name: 'node',
    include: ['kernels/**/*.test.ts', 'packages/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: ['**/*.gpu.test.ts', '**/*.browser.test.ts', ...elsewhere],
    globalSetup: indexes,
    testTimeout: 30_000,
  },
};

/** One process, one device, one file after the other: Dawn is loaded once. */
const gpu: TestProjectConfiguration = {
  plugins: [wgsl],
  ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
  test: {
    name: 'gpu',
    include: ['kernels/**/*.gpu.test.ts', 'packages/**/*.gpu.test.ts'],
    exclude: elsewhere,
    globalSetup: indexes,
    // The same kernels in every run: what a machine measured for itself stays out.
    env: { ATTUNE_MATMUL: process.env.ATTUNE_MATMUL ?? 'rules' },
    pool: 'forks',
    isolate: false,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
};

/** Against the field's reference implementations, where their fixtures are (ATTUNE_FIXTURES). */
const parity: TestProjectConfiguration = {
  ...gpu,
  test: {
    ...gpu.test,
    name: 'parity',
    include: ['scripts/parity/**/*.parity.ts'],
    testTimeout: 900_000,
  },
};

/** Chromium is looked for, and unpacked the first time, only where the browser project was asked for. */
async function browser(): Promise<TestProjectConfiguration[]> {
  const filters = process.argv.join(' ').match(/--project[= ]\S+/g);
  if (filters && !filters.some((filter) => /[*!]|browser/.test(filter))) return [];
  const found = await findChromium();
  if ('missing' in found) {
    console.warn(`vitest project "browser" is left out: ${found.missing}`);
    return [];
  }
  const { executablePath, env } = found;
  return [
    {
      plugins: [wgsl],
      resolve: { conditions: [source, ...defaultClientConditions] },
      // Found before the first page loads: a dependency found later would reload it in mid-test.
      optimizeDeps: { entries: ['packages/*/src/index.ts', 'kernels/index.ts'] },
      test: {
        name: 'browser',
        include: ['**/*.browser.test.ts', 'kernels/**/*.gpu.test.ts'],
        exclude: elsewhere,
        globalSetup: indexes,
        fileParallelism: false,
        testTimeout: 120_000,
        hookTimeout: 120_000,
        browser: {
          enabled: true,
          headless: true,
          screenshotFailures: false,
          provider: playwright({
            launchOptions: {
              executablePath,
              args: chromiumFlags,
              env: { ...(process.env as Record<string, string>), ...env },
            },
          }),
          instances: [{ browser: 'chromium' }],
        },
      },
    },
  ];
}

export default defineConfig(async () => ({
  test: {
    projects: [node, gpu, ...(process.env.ATTUNE_FIXTURES ? [parity] : []), ...(await browser())],
  },
}));
