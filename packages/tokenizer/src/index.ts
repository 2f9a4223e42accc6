export type { ChatMessage, ChatOptions, RenderedChat } from './chat-template.ts';
export { ChatTemplate } from './chat-template.ts';
export { parseExactJson, rememberNumber } from './exact-json.ts';
export type { ChatTemplateSource } from './named-templates.ts';
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
