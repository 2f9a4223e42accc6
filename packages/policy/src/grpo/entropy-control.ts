import type { GRPOSettings } from './grpo.config.ts';

type EntropySettings = Pick<
  GRPOSettings,
  | 'entropyCoef'
  | 'useAdaptiveEntropy'
  | 'entropyCoefMin'
  | 'entropyCoefMax'
  | 'entropyCoefDelta'
  | 'entropyTarget'
>;

/**
 * The coefficient of the entropy bonus. An adaptive one is moved after each step by that step's entropy, and acts only
 * while the step before had too little of it: not at all in the first step, as in TRL.
 */
export class EntropyControl {
  readonly #args: EntropySettings;
  #coefficient: number;
  #lastEntropy = Number.POSITIVE_INFINITY;
  #sum = 0;
  #tokens = 0;

  constructor(args: EntropySettings) {
    this.#args = args;
    this.#coefficient = args.entropyCoef;
  }

  /** Whether there is a bonus at all. */
  get enabled(): boolean {
    return this.#args.useAdaptiveEntropy === true || this.#args.entropyCoef !== 0;
  }

  /** The coefficient as it stands after the last step. */
  get coefficient(): number {
    return this.#coefficient;
  }

  /** The one that acts in the step under way. */
  get acting(): number {
    const { useAdaptiveEntropy, entropyTarget } = this.#args;
    return useAdaptiveEntropy && this.#lastEntropy > entropyTarget ? 0 : this.#coefficient;
  }

  /** Adds the entropy of a micro-batch's tokens; after the step's last one the coefficient moves. */
  add(sum: number, tokens: number, last: boolean): void {
    if (!this.#args.useAdaptiveEntropy) return;
    this.#sum += sum;
    this.#tokens += tokens;
    if (!last) return;
    const { entropyTarget, entropyCoefDelta } = this.#args;
    const { entropyCoefMin, entropyCoefMax } = this.#args;
    this.#lastEntropy = this.#sum / Math.max(1, this.#tokens);
    this.#coefficient =
      this.#lastEntropy <= entropyTarget
        ? Math.min(this.#coefficient + entropyCoefDelta, entropyCoefMax)
        : Math.max(this.#coefficient - entropyCoefDelta, entropyCoefMin);
    this.#sum = 0;
    this.#tokens = 0;
  }

  /** As JSON, between steps. */
  save(): unknown {
    const lastEntropy = Number.isFinite(this.#lastEntropy) ? this.#lastEntropy : null;
    return { coefficient: this.#coefficient, lastEntropy };
  }

  restore(state: unknown): void {
    const { coefficient, lastEntropy } = state as {
      coefficient: number;
      lastEntropy: number | null;
    };
    this.#coefficient = coefficient;
    this.#lastEntropy = lastEntropy ?? Number.POSITIVE_INFINITY;
  }
}
