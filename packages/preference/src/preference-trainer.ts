import type { TrainerArguments, TunedModelOptions } from '@attune/trainer';

/** The keys of a recipe that every preference trainer reads; names and defaults are TRL's. */
export interface PreferenceArguments extends TrainerArguments {
  /** Nothing is dropped, LoRA's input neither. Default true. */
  readonly disableDropout?: boolean;
}

export interface PreferenceTrainerOptions<E, A> extends Omit<TunedModelOptions, 'disableDropout'> {
  readonly padTokenId: number;
  readonly train: readonly E[];
  readonly evaluation?: readonly E[];
  readonly arguments: A;
}
