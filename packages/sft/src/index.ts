export * from './sft/sft.config.ts';
export * from './sft/sft.data.ts';
export * from './sft/sft.loss.ts';
export * from './sft/sft.ts';
