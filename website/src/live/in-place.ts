import {
  accumulate,
  accumulateReference,
  advanceReference,
  advanceRows,
  type HostArray,
  mix,
  mixReference,
  type PrefixPlace,
  recordSgd,
  type SgdStep,
  sgdReference,
  type Tensor,
  writeCache,
  writeCacheReference,
  writePrefix,
  writePrefixReference,
} from '@attune/kernels';
import type { LiveOperation } from './kernel';

type Given = Record<string, Tensor>;
type Arrays = Record<string, HostArray>;

// Kernels that change a tensor where it stands, as operations that return it: so a page or a bench can run them.

export const accumulating: LiveOperation = {
  name: 'accumulate',
  forward(recorder, inputs) {
    const { target, source } = inputs as Given;
    accumulate(recorder, target!, source!);
    return { target };
  },
  reference: {
    forward: ({ target, source }) => ({ target: accumulateReference(target!, source!) }),
  },
};

const shareOf = (options: unknown) => (options as { share: number }).share;

export const mixing: LiveOperation = {
  name: 'mix',
  forward(recorder, inputs, options) {
    const { target, source } = inputs as Given;
    mix(recorder, target!, source!, shareOf(options));
    return { target };
  },
  reference: {
    forward: ({ target, source }, options) => ({
      target: mixReference(target!, source!, shareOf(options)),
    }),
  },
};

export const writingCache: LiveOperation = {
  name: 'writeCache',
  forward(recorder, inputs, options) {
    writeCache(recorder, inputs as never, options as { length: number });
    return { cache: inputs.cache };
  },
  reference: {
    forward: (inputs, options) => ({
      cache: writeCacheReference(inputs as never, options as { length: number }),
    }),
  },
};

export const writingPrefix: LiveOperation = {
  name: 'writePrefix',
  forward(recorder, inputs, options) {
    writePrefix(recorder, inputs as never, options as PrefixPlace);
    return { cache: inputs.cache };
  },
  reference: {
    forward: (inputs, options) => ({
      cache: writePrefixReference(inputs as never, options as PrefixPlace),
    }),
  },
};

export const advancing: LiveOperation = {
  name: 'advanceRows',
  forward(recorder, inputs) {
    advanceRows(recorder, inputs as never);
    const { rows, ids, idLogps } = inputs as Given;
    return { rows, ids, idLogps };
  },
  reference: { forward: (inputs) => advanceReference(inputs as never) },
};

/** The gradients are taken as they are: `clip` is (1, 1, 1, 0). */
export const descending: LiveOperation = {
  name: 'sgd',
  forward(recorder, inputs) {
    const { parameters } = inputs as Given;
    recordSgd(recorder, inputs as never, { decayCount: parameters!.shape[0]! });
    return { parameters };
  },
  reference: {
    forward(inputs, options) {
      const { parameters, gradients } = inputs as Arrays;
      const p = Float64Array.from(parameters!.data);
      sgdReference({ p, g: gradients!.data }, options as SgdStep);
      return { parameters: { shape: parameters!.shape, data: p } };
    },
  },
};
