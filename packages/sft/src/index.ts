export { NextToken, type NextTokenOptions, nextTokenGraph, type SFTLoss } from './next-token.ts';
export { type SFTArguments, SFTTrainer, type SFTTrainerOptions } from './sft-trainer.ts';
