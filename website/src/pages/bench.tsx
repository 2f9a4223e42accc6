import Layout from '@theme/Layout';
import Bench from '../bench/Bench';
import Results from '../bench/Results';
import Needs from '../live/Needs';
import { useText } from '../text';

const title = { en: 'Bench', zh: '基准' };
const what = {
  en: 'The kernels and a whole training step, timed on your adapter against its own measured peak. Every product is checked against float64 first; rounds are interleaved with those that measure the peak. Nothing is sent anywhere: the JSON file is yours to send in by pull request.',
  zh: '在你的适配器上给内核和完整的训练步计时，并与它自己实测的峰值对照。每个乘积先与 float64 核对；计时与峰值测量轮流进行。什么也不会发送出去：JSON 文件由你决定是否以 pull request 提交。',
};

export default function BenchPage() {
  const text = useText();
  return (
    <Layout title={text(title)} description={text(what)}>
      <main className="container margin-vert--lg">
        <h1>{text(title)}</h1>
        <p>{text(what)}</p>
        <Needs />
        <Bench />
        <h2>{text({ en: 'Measured so far', zh: '已有的测量' })}</h2>
        <p>
          {text({
            en: 'From kernels/results: two software adapters on two shared cores of an Intel Xeon. Shares of the peak are by CPU time there. No hardware GPU has been measured yet; yours would be the first.',
            zh: '取自 kernels/results：两种软件适配器，运行在 Intel Xeon 的两个共享核心上，占峰值的比例按 CPU 时间计算。还没有测过硬件 GPU；你的会是第一个。',
          })}
        </p>
        <Results />
      </main>
    </Layout>
  );
}
