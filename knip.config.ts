import type { KnipConfig } from 'knip';

/**
 * Packages whose public entry holds only what another package, a page or a README uses. The exports between the
 * modules of a package are looked at in all.
 */
const settled = ['gpu', 'plan', 'tokenizer', 'optim'];

/** Packages that are being rewritten: uses in them count, findings in them do not. Empty this when they stand. */
const moving = ['trainer', 'sft', 'reward', 'preference', 'policy', 'attune'];

/** Pages import what they show: sources as text, and the live parts. Their code is a use too, and so is a README's. */
const imports = (text: string) =>
  [...text.matchAll(/^import [^;]* from '[^']+';$/gm)].join('\n').replace(/!!|\?source/g, '');

const inside = { entry: ['src/**/*.test.ts', 'README.md'], project: ['src/**/*.ts', '*.md'] };

/** `npm run unused`: files, exports and dependencies that nothing uses. */
const config: KnipConfig = {
  workspaces: {
    '.': {
      entry: ['scripts/*.{mjs,ts}', 'scripts/parity/*.{mjs,ts}', 'docs/*.mdx', '*.md'],
      project: ['scripts/**/*.{mjs,ts}', 'docs/*.{mdx,ts}', '*.{ts,md}'],
      // Run as a program; parts of vitest, and the site's own package.
      ignoreDependencies: ['deno', '@vitest/expect', '@vitest/runner', 'chai', 'katex'],
    },
    kernels: {
      // kernels/index.ts is written from the folders: every operation is public.
      entry: ['**/*.ts', '**/*.mdx', 'README.md'],
      project: ['**/*.{ts,mdx}', 'README.md'],
    },
    // As src/families/index.ts is, and the entries of the trainers' packages.
    'packages/model': { ...inside, entry: [...inside.entry, 'src/families/*/*.ts'] },
    'packages/{sft,reward,preference,policy}': {
      ...inside,
      entry: [...inside.entry, 'src/*/*.ts'],
    },
    'packages/attune': { ...inside, entry: [...inside.entry, 'examples/*.ts'] },
    'packages/*': inside,
    ...Object.fromEntries(
      settled.map((name) => [`packages/${name}`, { ...inside, includeEntryExports: true }]),
    ),
    website: {
      entry: ['*.ts', 'plugins/*.ts', 'src/pages/*.tsx', 'src/theme/**/*.{ts,tsx}'],
      project: ['**/*.{ts,tsx}'],
      // Not installed where the site is not wanted: its files and exports are looked at, its dependencies are not.
      docusaurus: false,
      typescript: false,
      ignoreDependencies: [/./],
    },
  },
  ignoreIssues: Object.fromEntries(
    moving.map((name) => [
      `packages/${name}/**`,
      ['files', 'exports', 'dependencies', 'unlisted', 'unresolved', 'duplicates'],
    ]),
  ),
  ignoreExportsUsedInFile: true,
  exclude: ['types'],
  compilers: { mdx: imports, md: imports },
};

export default config;
