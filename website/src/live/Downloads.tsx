import { useText } from '../text';
import styles from './live.module.css';
import { formatBytes } from './spoken';
import { words } from './words';

function save(name: string, bytes: Uint8Array): void {
  const url = URL.createObjectURL(new Blob([bytes as BlobPart]));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

/** Files that were made in the page; nothing was sent anywhere to make them. */
export default function Downloads({ files }: { files: ReadonlyMap<string, Uint8Array> }) {
  const text = useText();
  return (
    <div className={styles.bar}>
      {[...files].map(([name, bytes]) => (
        <button key={name} type="button" className={styles.quiet} onClick={() => save(name, bytes)}>
          {text(words.download)} {name} ({formatBytes(bytes.length)})
        </button>
      ))}
    </div>
  );
}
