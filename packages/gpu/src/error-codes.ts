import { data } from './error-codes/data.ts';
import { device } from './error-codes/device.ts';
import { files } from './error-codes/files.ts';
import { kernels } from './error-codes/kernels.ts';
import { keys } from './error-codes/keys.ts';
import { models } from './error-codes/models.ts';
import { rewards } from './error-codes/rewards.ts';
import { text } from './error-codes/text.ts';
import { tuning } from './error-codes/tuning.ts';

export type { Explanation } from './error-codes/explanation.ts';

/**
 * Every code that an `AttuneError` has, with its cause and its remedy, by what it is about: the page "Errors" shows
 * this. A new code says first what it is about and then what is wrong with it (`tokenizer-invalid`); what a key or an
 * option cannot be is `bad-value`. Codes stay: programs read them.
 */
export const errorCodes = { keys, device, kernels, files, models, text, data, tuning, rewards };

/** A code of an `AttuneError`. */
export type ErrorCode =
  | keyof typeof keys
  | keyof typeof device
  | keyof typeof kernels
  | keyof typeof files
  | keyof typeof models
  | keyof typeof text
  | keyof typeof data
  | keyof typeof tuning
  | keyof typeof rewards;
