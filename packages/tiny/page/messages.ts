import type { TinyMeasure } from '@attune/tiny';

/** What the page tells its worker. */
export type Request = { kind: 'run'; maxSteps?: number } | { kind: 'stop' };

/** What the worker tells its page, in this order; an error ends the run. */
export type Message =
  | { kind: 'device'; adapter: string; totalSteps: number }
  | { kind: 'before' | 'after'; measure: TinyMeasure }
  | { kind: 'step'; step: number; loss: number }
  | { kind: 'adapter'; files: Map<string, Uint8Array> }
  | { kind: 'error'; code: string; message: string; remedy: string };
