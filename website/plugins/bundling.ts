import type { Plugin } from '@docusaurus/types';

/** Shaders and source files as text; no chunk that every page loads for the sake of one. */
export default function bundling(): Plugin {
  return {
    name: 'attune-bundling',
    configureWebpack(_, isServer) {
      return {
        mergeStrategy: { 'module.rules': 'prepend' },
        module: {
          rules: [
            { test: /\.wgsl$/, type: 'asset/source' },
            { resourceQuery: /^\?source$/, type: 'asset/source' },
          ],
        },
        // Node's own modules stand behind checks that a browser never passes.
        externals: isServer ? { webgpu: 'commonjs webgpu' } : {},
        ...(!isServer && {
          optimization: { splitChunks: { cacheGroups: { common: { chunks: 'initial' } } } },
        }),
      };
    },
  };
}
