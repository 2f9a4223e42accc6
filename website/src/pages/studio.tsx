import Layout from '@theme/Layout';
import Needs from '../live/Needs';
import { phrases } from '../studio/phrases';
import Studio from '../studio/Studio';
import { useText } from '../text';

export default function StudioPage() {
  const text = useText();
  return (
    <Layout title={text(phrases.title)} description={text(phrases.what)}>
      <main className="container margin-vert--lg">
        <h1>{text(phrases.title)}</h1>
        <p>{text(phrases.what)}</p>
        <Needs />
        <Studio />
      </main>
    </Layout>
  );
}
