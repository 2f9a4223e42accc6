import { useText } from '../text';
import styles from './live.module.css';

/** For readers whose browser runs no scripts: what a page that only computes cannot do for them, and where to go. */
export default function Needs() {
  const text = useText();
  return (
    <noscript>
      <p className={styles.fault} data-needs>
        {text({
          en: 'This page computes on your machine and needs JavaScript and WebGPU for it. The pages under Learn and Kernels show recorded runs without either; the command line (npx attune) does the same work without a browser.',
          zh: '本页在你的机器上计算，需要 JavaScript 和 WebGPU。“学习”和“内核”下的页面没有它们也能显示录制结果；命令行（npx attune）不用浏览器也能完成同样的工作。',
        })}
      </p>
    </noscript>
  );
}
