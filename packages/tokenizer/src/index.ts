export type { ChatMessage, ChatOptions, RenderedChat } from './chat-template.ts';
export { ChatTemplate } from './chat-template.ts';
export { regexHazard } from './regex-screen.ts';
export { StreamDecoder } from './stream-decoder.ts';
export type {
  DecodeOptions,
  EncodeChatOptions,
  EncodedChat,
  EncodeOptions,
  LostText,
  TokenizerFiles,
} from './tokenizer.ts';
export { Tokenizer } from './tokenizer.ts';
