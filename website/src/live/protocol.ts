import type { Outputs, Problem, TrainSettings } from './live';

/** Who computed. */
export interface Computer {
  /** The adapter's name, or `float64` for the reference on the CPU. */
  readonly adapter: string;
  readonly software: boolean;
}

export interface Computed extends Computer {
  readonly outputs: Outputs;
}

export interface Checked extends Computer {
  /** Largest error over the largest number of its array, against float64. */
  readonly error: number;
  /** Array with that error. */
  readonly where: string;
  readonly milliseconds: number;
  readonly clock: 'timestamps' | 'wall clock';
  /** Bytes of the buffers that the dispatches read and write. */
  readonly bytes: number;
  readonly dispatches: number;
}

/** A question and what the model says to it. */
export interface Sample {
  readonly prompt: string;
  readonly answer: string;
  readonly expected: string;
}

export type Request =
  | { readonly kind: 'compute'; readonly problem: Problem; readonly reference?: boolean }
  | { readonly kind: 'check'; readonly problem: Problem }
  | { readonly kind: 'train'; readonly settings: TrainSettings };

export type Event =
  | { readonly kind: 'computed'; readonly result: Computed }
  | { readonly kind: 'checked'; readonly result: Checked }
  | {
      readonly kind: 'ready';
      readonly computer: Computer;
      readonly trained: number;
      readonly total: number;
      /** Bytes by purpose, planned before the first step. */
      readonly account: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'samples'; readonly step: number; readonly samples: readonly Sample[] }
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly loss: number;
      readonly gradNorm: number;
      readonly learningRate: number;
      readonly seconds: number;
      readonly tokens: number;
    }
  | { readonly kind: 'adapter'; readonly files: ReadonlyMap<string, Uint8Array> }
  | { readonly kind: 'done' }
  | {
      readonly kind: 'error';
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
    };

export interface Ask {
  readonly id: number;
  readonly request: Request;
}

export interface Answer {
  readonly id: number;
  readonly event: Event;
}
