/** Everything of Attune under one name: the device, kernels, plans, data, models, tuning, trainers. */
export * from '@attune/config';
export * from '@attune/data';
export * from '@attune/gpu';
export type { Shape } from '@attune/kernels';
export * from '@attune/kernels';
// Two algorithms have the names of their losses: here these are the operations, `algorithms` has the others.
export { kto, orpo } from '@attune/kernels';
export * from '@attune/model';
export * from '@attune/optim';
export * from '@attune/peft';
export * from '@attune/plan';
export * from '@attune/policy';
export * from '@attune/preference';
export * from '@attune/reward';
export * from '@attune/sft';
export type { TokenizerFiles } from '@attune/tokenizer';
export * from '@attune/tokenizer';
export * from '@attune/trainer';
export { algorithms } from './algorithms.ts';
export { recipeKeys } from './recipe-keys.ts';
