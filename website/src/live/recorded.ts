import type { Phrase } from '../phrase';
import type { Checked, Computed, Sample, Tone } from './protocol';

/** A run of a page's parts in headless Chromium, made by `npm run site:record`. */
export interface Recorded {
  /** For instance `Chromium 147`. */
  readonly browser?: string;
  readonly date?: string;
  readonly figure?: Computed;
  readonly run?: Checked;
  readonly train?: RecordedTraining;
  readonly prefer?: RecordedPreference;
}

export interface RecordedTraining {
  readonly adapter: string;
  readonly memory: Readonly<Record<string, number>>;
  readonly trained: number;
  readonly total: number;
  readonly losses: readonly number[];
  readonly seconds: number;
  readonly before: readonly Sample[];
  readonly after: readonly Sample[];
}

export interface RecordedPreference {
  readonly adapter: string;
  readonly trained: number;
  readonly total: number;
  /** Each step's `loss` and metrics, by TRL's names. */
  readonly curves: Readonly<Record<string, readonly number[]>>;
  readonly seconds: number;
  readonly before: readonly Sample[];
  readonly after: readonly Sample[];
  readonly tone: readonly Tone[];
}

/** "Recorded: SwiftShader in Chromium 147, 2026-11-25." */
export function recordedNote({ browser, date }: Recorded, adapter: string): Phrase {
  return {
    en: `Recorded, not yours: ${adapter} in ${browser}, ${date}.`,
    zh: `录制结果，并非本机：${adapter}，${browser}，${date}。`,
  };
}

/** Tells whoever records (and tests) what a part of the page has come to. */
export function announce(
  part: keyof Recorded | 'progress' | 'bench' | 'studio' | 'said' | 'chat',
  detail: unknown,
): void {
  document.dispatchEvent(new CustomEvent('attune', { detail: { part, result: detail } }));
}
