import Link from '@docusaurus/Link';
import CodeBlock from '@theme/CodeBlock';
import Layout from '@theme/Layout';
import { doors, facts, lead, title } from '../home/home';
import styles from '../home/home.module.css';
import Stage from '../home/Stage';
import { useText } from '../text';

/** A string that comes to rest: what tuning is, and what a loss does. */
function Wave() {
  const points = Array.from({ length: 241 }, (_, i) => {
    const t = i / 240;
    return `${(1280 * t).toFixed(1)} ${(150 - 130 * Math.exp(-3.2 * t) * Math.cos(30 * t)).toFixed(1)}`;
  });
  return (
    <svg className={styles.wave} viewBox="0 0 1280 300" preserveAspectRatio="none" aria-hidden>
      <path d={`M${points.join('L')}`} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

export default function Home() {
  const text = useText();
  return (
    <Layout description={text(lead)}>
      <main>
        <div className={styles.hero}>
          <Wave />
          <div className={styles.inner}>
            <h1 className={styles.title}>{text(title)}</h1>
            <p className={styles.lead}>{text(lead)}</p>
            <Stage />
          </div>
        </div>
        <nav className={styles.doors} aria-label={text({ en: 'Where to go', zh: '从这里去哪里' })}>
          {doors.map(({ to, name, about }) => (
            <Link key={to} to={to} className={styles.door}>
              <b>{text(name)}</b>
              {text(about)}
            </Link>
          ))}
        </nav>
        <div className={styles.facts}>
          <h2>{text({ en: 'Two commands', zh: '两条命令' })}</h2>
          <CodeBlock language="bash">
            {`npm start   # ${text({ en: 'fine-tunes the embedded model in the terminal', zh: '在终端里微调内置模型' })}
npx attune sft --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --dataset_name rows.jsonl --use_peft --output_dir out`}
          </CodeBlock>
          <h2>{text({ en: 'Why believe it', zh: '凭什么相信' })}</h2>
          <ul>
            {facts.map((fact) => (
              <li key={fact.en}>{text(fact)}</li>
            ))}
          </ul>
        </div>
      </main>
    </Layout>
  );
}
