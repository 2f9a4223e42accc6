import type { Plugin } from '@docusaurus/types';

/** Shaders and source files as text; no chunk that every page loads for the sake of one. */
export default function bundling(): Plugin {
  return {
    name: 'attune-bundling',
    configureWebpack(_, isServer) {
      return {
        mergeStrategy: { 'module.rules': 'prepend' },
        // Files of the embedded model, which its package names by `new URL`.
        output: { assetModuleFilename: 'assets/files/[name]-[hash:8][ext]' },
        // Modules of Node whose names are put together so that bundlers leave them alone.
        ignoreWarnings: [/Critical dependency: the request of a dependency is an expression/],
        module: {
          rules: [
            { test: /\.wgsl$/, type: 'asset/source' },
            { resourceQuery: /^\?source$/, type: 'asset/source' },
            {
              test: /prism-react-renderer[\\/]dist[\\/]index\.mjs$/,
              use: require.resolve('./fewer-languages.cjs'),
            },
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
