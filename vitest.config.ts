import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Plain `.wgsl` files are imported as text, as the build does (esbuild's text loader). */
export const wgsl: Plugin = {
  name: 'wgsl',
  enforce: 'pre',
  load(id) {
    const file = id.split('?')[0]!;
    if (file.endsWith('.wgsl')) return `export default ${JSON.stringify(readFileSync(file, 'utf8'))}`;
  },
};

const conditions = ['attune:source', 'module', 'browser', 'development|production'];

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [wgsl],
        ssr: { resolve: { conditions: ['attune:source', 'node', 'import'] } },
        test: {
          name: 'node',
          include: ['kernels/**/*.test.ts', 'packages/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['**/*.gpu.test.ts', '**/*.browser.test.ts', '**/node_modules/**', '**/dist/**'],
          testTimeout: 30_000,
        },
      },
      {
        plugins: [wgsl],
        ssr: { resolve: { conditions: ['attune:source', 'node', 'import'] } },
        test: {
          name: 'gpu',
          include: ['kernels/**/*.gpu.test.ts', 'packages/**/*.gpu.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          pool: 'forks',
          isolate: false,
          fileParallelism: false,
          testTimeout: 120_000,
        },
      },
    ],
  },
});
