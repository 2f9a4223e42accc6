export {
  type FisherPlan,
  keptResiduals,
  type NaturalDirection,
  NaturalGradient,
  type NaturalGradientOptions,
  naturalGradientGraphs,
} from './natural-gradient.ts';
export {
  type LrSchedulerKwargs,
  learningRateAt,
  type RampType,
  type ScheduleOptions,
  type SchedulerType,
  schedulerTypes,
} from './schedule.ts';
export { type Optimizer, updateGraph, updateValues } from './update.ts';
