export { Executor, type Values } from './executor.ts';
export { type FisherInputs, fisherProduct } from './fisher.ts';
export { type Fill, Graph, type InputData, perFeed } from './graph.ts';
export { type Layout, planMemory } from './memory.ts';
export {
  Plan,
  type PlanMemory,
  PlannedGraph,
  printMemory,
  sharedActivations,
} from './plan.ts';
export { Store } from './store.ts';
export {
  type Role,
  Trainable,
  type TrainableStack,
  type TrainableTensor,
  type TrainableUse,
} from './trainable.ts';
export { type TuningStore, tuneKernels } from './tuning.ts';
