export { Arena } from './arena.ts';
export { Executor, type Values } from './executor.ts';
export { Graph } from './graph.ts';
export { type Layout, planMemory, withoutDeadCalls } from './memory.ts';
export {
  type InputData,
  Plan,
  type PlanAccount,
  PlannedGraph,
  printAccount,
  sharedActivations,
} from './plan.ts';
export { mebibytes, Store } from './store.ts';
export { type Role, Trainable, type TrainableStack, type TrainableTensor } from './trainable.ts';
export { type TuningStore, tuneKernels, tuningStore } from './tuning.ts';
