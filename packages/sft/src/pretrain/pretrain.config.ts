import { sftConfig } from '../sft/sft.config.ts';

/** The arguments of pretraining: those of SFT. */
export const pretrainConfig = sftConfig;
