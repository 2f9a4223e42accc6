import type { Phrase } from '../phrase';
import { useText } from '../text';
import { formatBytes } from './spoken';

/** What the memory of a run calls its purposes. */
const purposes: Readonly<Record<string, Phrase>> = {
  parameters: { en: 'trained parameters', zh: '训练的参数' },
  gradients: { en: 'gradients', zh: '梯度' },
  optimizer: { en: 'optimizer', zh: '优化器' },
  weights: { en: 'frozen weights', zh: '冻结的权重' },
  activations: { en: 'activations', zh: '激活值' },
  cache: { en: 'cache', zh: '缓存' },
  reference: { en: 'reference model', zh: '参考模型' },
  'inputs and call parameters': { en: 'inputs and call parameters', zh: '输入和调用参数' },
  'read-back': { en: 'read-back', zh: '读回' },
};

/** Bytes by purpose, as people read them. */
export default function Account({ memory }: { memory: Readonly<Record<string, number>> }) {
  const text = useText();
  const comma = text({ en: ', ', zh: '，' });
  return Object.entries(memory)
    .map(([purpose, bytes]) => {
      const known = purposes[purpose];
      return `${known ? text(known) : purpose} ${formatBytes(bytes)}`;
    })
    .join(comma);
}
