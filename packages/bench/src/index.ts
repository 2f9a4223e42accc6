export { type DecodeRow, decodeName, runDecode } from './decode.ts';
export { ladderName, runLadder } from './ladder.ts';
export { copyRoof, type Roof, roofs } from './roof.ts';
export { type Contender, median, type Timing, timeRounds } from './rounds.ts';
export { type BenchRow, ours, type Peer, runBench } from './run.ts';
export { runStep, type StepPeer, type StepRow, stepName } from './step.ts';
