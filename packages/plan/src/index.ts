export { Arena } from './arena.ts';
export { Executor, type Values } from './executor.ts';
export { type FisherInputs, fisherProduct } from './fisher.ts';
export { type Fill, Graph, type InputData, perFeed } from './graph.ts';
export { type Layout, planMemory, withoutDeadCalls } from './memory.ts';
export {
  Plan,
  type PlanMemory,
  PlannedGraph,
  printMemory,
  sharedActivations,
} from './plan.ts';
export { formatMebibytes, Store } from './store.ts';
export {
  type Role,
  Trainable,
  type TrainableStack,
  type TrainableTensor,
  type TrainableUse,
} from './trainable.ts';
export { type TuningStore, tuneKernels, tuningStore } from './tuning.ts';
