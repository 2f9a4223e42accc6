export {
  NextToken,
  type NextTokenOptions,
  type NextTokenSizes,
  nextTokenLoss,
  type SFTLoss,
} from './next-token.ts';
export { type SFTArguments, SFTTrainer, type SFTTrainerOptions } from './sft-trainer.ts';
