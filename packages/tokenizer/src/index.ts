export type { ChatMessage, ChatOptions, RenderedChat } from './chat-template.ts';
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
