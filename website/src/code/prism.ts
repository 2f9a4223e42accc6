// Without `manual` Prism would colour the whole page by itself.
Object.assign(globalThis, { Prism: { manual: true, disableWorkerMessageHandler: true } });
const Prism = require('prismjs/components/prism-core') as typeof import('prismjs');
Object.assign(globalThis, { Prism });
export default Prism;
