import { words } from '../live/words';
import { useText } from '../text';
import { phrases } from './phrases';
import type { StudioSettings, StudioWork } from './studio';
import styles from './studio.module.css';

const fields = [
  ['steps', words.steps, 1],
  ['batchSize', phrases.batchSize, 1],
  ['maxLength', phrases.maxLength, 8],
  ['rank', words.rank, 1],
  ['learningRate', words.learningRate, 0],
] as const;

/** Model, rows and settings. */
export default function StudioForm({
  work,
  onChange,
  example,
}: {
  work: StudioWork;
  onChange(work: StudioWork): void;
  /** Fetches the rows of the instruction set. */
  example(): Promise<string>;
}) {
  const text = useText();
  const { hub, files, rows, prompts, settings } = work;
  const set = (change: Partial<StudioSettings>) =>
    onChange({ ...work, settings: { ...settings, ...change } });
  const take = async (file: File | undefined) => {
    if (file) onChange({ ...work, rows: await file.text() });
  };
  return (
    <>
      <h2 className={styles.part}>{text(phrases.model)}</h2>
      <label className={styles.choice}>
        <input
          type="radio"
          name="model"
          checked={!files.length && !hub}
          onChange={() => onChange({ ...work, hub: '', files: [] })}
        />{' '}
        {text(phrases.embedded)}
      </label>
      <label className={styles.choice}>
        {text(phrases.local)}
        <br />
        <input
          type="file"
          multiple
          onChange={(event) =>
            onChange({ ...work, hub: '', files: [...(event.target.files ?? [])] })
          }
        />
      </label>
      <label className={styles.choice}>
        {text(phrases.hub)}
        <br />
        <input
          type="text"
          className={styles.area}
          placeholder="HuggingFaceTB/SmolLM2-135M-Instruct"
          spellCheck={false}
          value={hub}
          onChange={(event) => onChange({ ...work, hub: event.target.value.trim(), files: [] })}
        />
      </label>
      <h2 className={styles.part}>{text(phrases.data)}</h2>
      <button
        type="button"
        className="button button--sm button--outline button--primary"
        onClick={() => void example().then((all) => onChange({ ...work, rows: all }))}
      >
        {text(phrases.example)}
      </button>
      <label>
        <span className={styles.choice}>{text(phrases.rows)}</span>
        <textarea
          className={styles.area}
          rows={8}
          spellCheck={false}
          value={rows}
          onChange={(event) => onChange({ ...work, rows: event.target.value })}
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            void take(event.dataTransfer.files[0]);
          }}
        />
      </label>
      <label>
        <span className={styles.choice}>{text(phrases.prompts)}</span>
        <textarea
          className={styles.area}
          rows={3}
          spellCheck={false}
          value={prompts.map((prompt) => prompt.replaceAll('\n', '\\n')).join('\n')}
          onChange={(event) =>
            onChange({
              ...work,
              prompts: event.target.value.split('\n').map((line) => line.replaceAll('\\n', '\n')),
            })
          }
        />
      </label>
      <h2 className={styles.part}>{text(phrases.settings)}</h2>
      <div className={styles.fields}>
        <label>
          {text(words.method)}
          <select
            value={settings.method}
            onChange={(event) => set({ method: event.target.value as StudioSettings['method'] })}
          >
            <option value="lora">LoRA</option>
            <option value="full">{text(words.full)}</option>
          </select>
        </label>
        {fields.map(([name, phrase, least]) => (
          <label key={name}>
            {text(phrase)}
            <input
              type="number"
              min={least}
              step={name === 'learningRate' ? 'any' : 1}
              value={settings[name]}
              onChange={(event) => set({ [name]: Number(event.target.value) })}
            />
          </label>
        ))}
      </div>
    </>
  );
}
