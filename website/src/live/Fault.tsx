import { useText } from '../text';
import styles from './live.module.css';
import type { Fault as FaultEvent } from './use-job';

/** What went wrong and what to do, as the error itself says it. */
export default function Fault({ fault }: { fault: FaultEvent }) {
  const text = useText();
  return (
    <div className={styles.fault} role="alert">
      {fault.message} {fault.remedy}{' '}
      {/^no-/.test(fault.code) &&
        text({
          en: 'Chrome and Edge have WebGPU on Windows, macOS, ChromeOS and Android; Safari from version 26; Firefox on Windows and macOS.',
          zh: 'Chrome 与 Edge 在 Windows、macOS、ChromeOS 和 Android 上支持 WebGPU；Safari 从 26 版起支持；Firefox 支持 Windows 与 macOS。',
        })}
    </div>
  );
}
