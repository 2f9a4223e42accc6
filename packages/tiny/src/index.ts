export {
  readBytes as readTinyFile,
  type TinyModelFile,
  tinyModelFiles,
  tinyModelFolder,
  tinyRecipe,
} from './files.ts';
export {
  expectedAnswer,
  type InstructionRow,
  type InstructionScore,
  instructionFiles,
  instructionRows,
  scoreAnswers,
} from './instructions.ts';
export { openTinyModel, type TinyMeasure, TinyRun, tinyArgs, tinyPeft } from './run.ts';
export { normalizeAnswer, scoreAnswer } from './score.ts';
export {
  cheerfulShare,
  isCheerful,
  type ToneLexicon,
  type TonePair,
  toneFiles,
  toneLexicon,
  tonePairs,
} from './tone.ts';
