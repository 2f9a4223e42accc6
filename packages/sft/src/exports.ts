export { sftData } from './sft/sft.data.ts';
