export type { AlignedTokens, DeclaredIds, TokenKeys, TokenTexts } from './align-tokens.ts';
export { alignTokens } from './align-tokens.ts';
export type { TrainTokenizerOptions } from './bpe-trainer.ts';
export { trainTokenizer } from './bpe-trainer.ts';
export type { ChatMessage, ChatOptions, RenderedChat } from './chat-template.ts';
export { ChatTemplate } from './chat-template.ts';
export { parseExactJson, rememberNumber } from './exact-json.ts';
export { regexHazard } from './regex-screen.ts';
export type { StreamDecoder } from './stream-decoder.ts';
export type {
  DecodeOptions,
  EncodeChatOptions,
  EncodedChat,
  EncodeOptions,
  LostText,
  TokenizerFiles,
} from './tokenizer.ts';
export { Tokenizer } from './tokenizer.ts';
export { turnEndNotes } from './turn-end.ts';
