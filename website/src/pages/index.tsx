import Link from '@docusaurus/Link';
import Layout from '@theme/Layout';
import { useText } from '../text';

export default function Home() {
  const text = useText();
  const what = text({
    en: 'Fine-tune and align language models on your own GPU, in the browser.',
    zh: '在浏览器里,用自己的 GPU 微调和对齐语言模型。',
  });
  return (
    <Layout description={what}>
      <main className="container margin-vert--xl">
        <h1>Attune</h1>
        <p>{what}</p>
        <Link to="/docs/">{text({ en: 'The three stages', zh: '三个阶段' })}</Link>
      </main>
    </Layout>
  );
}
