import type { Phrase } from '../phrase';

export const phrases = {
  what: {
    en: 'The embedded model learns to prefer cheerful stories: pairs that it told itself, judged by a lexicon of words.',
    zh: '内置模型学习偏好愉快的故事：成对的故事由它自己写成，由情感词典评判。',
  },
  judged: {
    en: 'The embedded model learns to tell cheerful stories: stories that it told itself, each judged good or bad by a lexicon of words.',
    zh: '内置模型学习讲愉快的故事：故事由它自己写成，每篇由情感词典单独评为好或坏。',
  },
  rewarded: {
    en: 'The embedded model tells stories and is rewarded for the cheerful ones, by a lexicon of words: it learns from what it sampled itself.',
    zh: '内置模型自己讲故事，愉快的故事得到奖励，由情感词典评判：它从自己采样的文本中学习。',
  },
  reward: { en: 'mean reward', zh: '平均奖励' },
  margins: { en: 'reward margin', zh: '奖励差距' },
  accuracies: { en: 'reward accuracy', zh: '奖励准确率' },
  kl: { en: 'KL estimate (nats)', zh: 'KL 估计（奈特）' },
  batch: { en: 'of the step', zh: '当步' },
  mean: { en: 'mean of ten', zh: '十步平均' },
  cheerful: { en: 'Cheerful stories', zh: '愉快的故事' },
  before: { en: 'before', zh: '训练前' },
  after: { en: 'after', zh: '训练后' },
  away: { en: 'KL from the model before, per story', zh: '每个故事与训练前模型的 KL' },
  comma: { en: ', ', zh: '，' },
  stop: { en: '. ', zh: '。' },
  nats: { en: 'nats', zh: '奈特' },
  few: {
    en: 'Sampled at temperature 1 on held-out requests; so few stories say little: ± 2 by chance.',
    zh: '在留出的请求上以温度 1 采样；故事这么少，说明不了太多：偶然误差约 ±2 篇。',
  },
} satisfies Record<string, Phrase>;
