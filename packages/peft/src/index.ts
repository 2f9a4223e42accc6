export { fullTuning } from './full.ts';
export { decays, initialise, type TuningMethod } from './method.ts';
