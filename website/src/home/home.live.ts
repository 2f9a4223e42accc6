import type { TrainSpec } from '../live/live';

/** What the home page trains: the recipe of `npm start`, a little shorter. */
export const train: TrainSpec = {
  method: 'lora',
  rank: 16,
  learningRate: 2e-3,
  steps: 120,
  start: 'pretrained',
  answersOnly: true,
  choices: [],
};
