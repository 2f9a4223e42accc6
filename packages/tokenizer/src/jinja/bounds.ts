import { AttuneError } from '@attune/gpu';
import type { Value } from './values.ts';

const stepLimit = 2_000_000;
const textLimit = 2 ** 23;
const listLimit = 1_000_000;
const milliseconds = 5_000;

/**
 * Bounds on steps, time, and the size of texts and lists. Templates come from model folders: two
 * nested `range(3000)` must not stop a tab for half a minute.
 */
export class Bounds {
  readonly #textLimit: number;
  readonly #deadline = performance.now() + milliseconds;
  #steps = 0;

  /** @param inputLength characters of the messages; long conversations may render long */
  constructor(inputLength: number) {
    this.#textLimit = textLimit + 8 * inputLength;
  }

  /** Counts a step. @throws AttuneError `chat-template-runaway` */
  step(): void {
    this.#steps++;
    if (this.#steps > stepLimit) throw runaway(`takes more than ${stepLimit} steps`);
    if (this.#steps % 1024 === 0 && performance.now() > this.#deadline) {
      throw runaway(`takes more than ${milliseconds / 1000} seconds`);
    }
  }

  /** Looks at the size of a value that was made. @throws AttuneError `chat-template-runaway` */
  size<T extends Value>(value: T): T {
    if (typeof value === 'string') this.text(value.length);
    if (Array.isArray(value) && value.length > listLimit) {
      throw runaway(`builds a list of ${value.length} entries`);
    }
    return value;
  }

  text(length: number): void {
    if (length > this.#textLimit) throw runaway(`builds a text of ${length} characters`);
  }
}

export function runaway(what: string): AttuneError {
  return new AttuneError(
    'chat-template-runaway',
    `The chat template ${what}.`,
    'Take the chat template that came with the model, or shorten the conversation.',
  );
}
