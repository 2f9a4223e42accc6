import { useText } from '../text';
import type { ChatSampling } from './chat';
import { phrases } from './chat-phrases';
import styles from './studio.module.css';

const fields = [
  ['temperature', phrases.temperature, 0, 0.1],
  ['maxNewTokens', phrases.maxNewTokens, 1, 1],
  ['seed', phrases.seed, 0, 1],
] as const;

/** How messages are rendered, how tokens are drawn, and files of a tuned model from elsewhere. */
export default function ChatSettings({
  sampling,
  template,
  onSampling,
  onTemplate,
  onFiles,
}: {
  sampling: ChatSampling;
  template: boolean;
  onSampling(sampling: ChatSampling): void;
  onTemplate(template: boolean): void;
  onFiles(files: readonly File[]): void;
}) {
  const text = useText();
  return (
    <>
      <div className={styles.fields}>
        <label>
          {text(phrases.rendering)}
          <select
            value={template ? 'chat' : 'plain'}
            onChange={(event) => onTemplate(event.target.value === 'chat')}
          >
            <option value="chat">{text(phrases.template)}</option>
            <option value="plain">{text(phrases.plain)}</option>
          </select>
        </label>
        {fields.map(([name, phrase, least, step]) => (
          <label key={name}>
            {text(phrase)}
            <input
              type="number"
              min={least}
              step={step}
              value={sampling[name]}
              onChange={(event) => onSampling({ ...sampling, [name]: Number(event.target.value) })}
            />
          </label>
        ))}
      </div>
      <label className={styles.choice}>
        {text(phrases.files)}
        <br />
        <input
          type="file"
          multiple
          onChange={(event) => onFiles([...(event.target.files ?? [])])}
        />
      </label>
    </>
  );
}
