export * from './bench.ts';
export * from './bind.ts';
export * from './includes.ts';
export * from './operation.ts';
export * from './prepare.ts';
export type { Includes, Variant } from './preprocess.ts';
export * from './recorder.ts';
export * from './shader.ts';
export * from './tensor.ts';
