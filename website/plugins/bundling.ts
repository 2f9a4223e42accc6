import { dirname, join } from 'node:path';
import type { Plugin } from '@docusaurus/types';

/** Shaders and source files as text; no chunk that every page loads for the sake of one. */
export default function bundling(): Plugin {
  return {
    name: 'attune-bundling',
    configureWebpack(_, isServer, { currentBundler }) {
      // Source that a page shows is in its HTML already: the page itself gets addresses, for when it has no HTML.
      const shown = isServer ? 'asset/source' : 'asset/resource';
      const classic = dirname(require.resolve('@docusaurus/theme-classic/package.json'));
      return {
        mergeStrategy: { 'module.rules': 'prepend' },
        // Files of the embedded model, which its package names by `new URL`.
        output: { assetModuleFilename: 'assets/files/[name]-[hash:8][ext]' },
        // Modules of Node whose names are put together so that bundlers leave them alone.
        ignoreWarnings: [/Critical dependency: the request of a dependency is an expression/],
        plugins: [
          new currentBundler.instance.DefinePlugin({ __SERVER__: JSON.stringify(isServer) }),
        ],
        // The theme's own colouring: src/theme/CodeBlock does without.
        resolve: { alias: { [join(classic, 'lib/prism-include-languages')]: false } },
        module: {
          rules: [
            {
              test: /\.wgsl$/,
              oneOf: [{ issuer: /\.mdx$/, type: shown }, { type: 'asset/source' }],
            },
            { resourceQuery: /^\?source$/, type: shown },
          ],
        },
        // Node's own modules stand behind checks that a browser never passes.
        ...(isServer && { externals: { webgpu: 'commonjs webgpu' } }),
        ...(!isServer && {
          optimization: { splitChunks: { cacheGroups: { common: { chunks: 'initial' } } } },
        }),
      };
    },
  };
}
