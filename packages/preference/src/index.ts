export { type CPOArguments, CPOTrainer, type CPOTrainerOptions } from './cpo-trainer.ts';
export { type DPOArguments, DPOTrainer, type DPOTrainerOptions } from './dpo-trainer.ts';
export { type KTOArguments, KTOTrainer, type KTOTrainerOptions } from './kto-trainer.ts';
export { type ORPOArguments, ORPOTrainer, type ORPOTrainerOptions } from './orpo-trainer.ts';
export type { PreferenceArguments, PreferenceTrainerOptions } from './preference-trainer.ts';
export { type ReferenceCache, referenceLogps } from './reference-logps.ts';
