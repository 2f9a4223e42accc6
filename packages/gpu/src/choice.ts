import { AttuneError, nearest } from './error.ts';
import type { AdapterInfo } from './traits.ts';

/** Which adapter: hardware, one of the two software adapters of Linux, or the best there is. */
export type DeviceChoice = 'auto' | 'gpu' | 'lavapipe' | 'swiftshader';

export interface FoundAdapter {
  adapter: GPUAdapter;
  info: AdapterInfo;
  notes: string[];
  backend?: string;
}

export type FindAdapter = (
  choice: DeviceChoice,
  options: GPURequestAdapterOptions,
) => Promise<FoundAdapter>;

const choices: DeviceChoice[] = ['auto', 'gpu', 'lavapipe', 'swiftshader'];

/** Checks a word of the user; undefined or empty means `auto`. */
export function asChoice(word: string | undefined, from: string): DeviceChoice {
  if (!word) return 'auto';
  const found = choices.find((choice) => choice === word.toLowerCase());
  if (found) return found;
  const near = nearest(word, choices);
  throw new AttuneError(
    'unknown-device',
    `${from} is "${word}", which is no kind of device.`,
    `Use one of ${choices.join(', ')}${near ? `; perhaps ${near} was meant` : ''}.`,
  );
}

export const noGpu = (reason: string, remedy: string): AttuneError =>
  new AttuneError('no-gpu', reason, remedy);

/** What stands in the notes when the CPU computes. */
export const softwareNote = (name: string, asked: boolean): string =>
  asked
    ? `${name}, a software adapter, computes on the CPU, as asked. Slow but exact.`
    : `No GPU found: ${name}, a software adapter, computes on the CPU. Slow but exact.`;
