import type { BenchRow } from '@attune/bench';
import type { ChatWork, Said, Speaker } from '../studio/chat';
import type { Look, StudioWork } from '../studio/studio';
import type { Outputs, PreferSettings, Problem, TrainSettings } from './live';

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
  /** What was wanted of it, where there is no one right answer. */
  readonly good?: boolean;
  /** Of the answer's tokens. */
  readonly logProbs?: readonly number[];
}

/** Stories that were sampled on held-out requests. */
export interface Tone {
  readonly stories: number;
  readonly cheerful: number;
  /** Of policy and model before, per story, in nats; estimated on the same stories. */
  readonly kl: number;
}

export type Request =
  | { readonly kind: 'compute'; readonly problem: Problem; readonly reference?: boolean }
  | { readonly kind: 'check'; readonly problem: Problem }
  | { readonly kind: 'train'; readonly settings: TrainSettings }
  | { readonly kind: 'prefer'; readonly settings: PreferSettings }
  | { readonly kind: 'bench'; readonly rounds: number }
  | { readonly kind: 'look'; readonly work: StudioWork }
  | { readonly kind: 'study'; readonly work: StudioWork; readonly resuming: boolean }
  | { readonly kind: 'chat'; readonly work: ChatWork };

export type Event =
  | { readonly kind: 'computed'; readonly result: Computed }
  | { readonly kind: 'checked'; readonly result: Checked }
  | {
      readonly kind: 'ready';
      readonly computer: Computer;
      readonly trained: number;
      readonly total: number;
      /** Bytes by purpose, planned before the first step. */
      readonly memory: Readonly<Record<string, number>>;
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
      /** TRL's names. */
      readonly metrics?: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'tone'; readonly step: number; readonly tone: Tone }
  | { readonly kind: 'chatting'; readonly computer: Computer }
  /** `text` is what is new. */
  | ({ readonly kind: 'said'; readonly speaker: Speaker } & Said)
  | { readonly kind: 'adapter'; readonly files: ReadonlyMap<string, Uint8Array> }
  | {
      readonly kind: 'adapter-name';
      readonly computer: Computer & { readonly name: Record<string, string> };
    }
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number }
  | { readonly kind: 'bench'; readonly row: BenchRow; readonly intensity?: number | undefined }
  | {
      readonly kind: 'download';
      readonly file: string;
      readonly done: number;
      readonly total: number;
    }
  | { readonly kind: 'looked'; readonly look: Look }
  | { readonly kind: 'paused' }
  | { readonly kind: 'done' }
  | {
      readonly kind: 'error';
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
    };

/** A request, or the wish that the work under way stops after its step and saves itself. */
export type Ask = { readonly id: number; readonly request: Request } | { readonly pause: true };

export interface Answer {
  readonly id: number;
  readonly event: Event;
}
