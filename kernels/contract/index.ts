export * from './bench.ts';
export * from './bind.ts';
export * from './operation.ts';
export * from './prepare.ts';
export * from './recorder.ts';
export * from './shader.ts';
export * from './tensor.ts';
