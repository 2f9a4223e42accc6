// Written by scripts/algorithms-index.mjs from the folders here.
export * from './exports.ts';
export * from './cpo/cpo.config.ts';
export * from './cpo/cpo.loss.ts';
export * from './cpo/cpo.ts';
export * from './dpo/dpo.config.ts';
export * from './dpo/dpo.loss.ts';
export * from './dpo/dpo.ts';
export * from './kto/kto.config.ts';
export * from './kto/kto.loss.ts';
export * from './kto/kto.ts';
export * from './orpo/orpo.config.ts';
export * from './orpo/orpo.loss.ts';
export * from './orpo/orpo.ts';
