import type { Explanations } from './explanation.ts';

/** Files of any kind, and the hub that they come from. */
export const files = {
  'file-not-found': {
    en: ['A file that is needed is not there.', 'Check the path, or add the file.'],
    zh: ['需要的文件不存在。', '检查路径，或补上文件。'],
  },
  'file-unreadable': {
    en: ['A path is no file, or may not be read.', 'Check the path and the permissions.'],
    zh: ['路径不是文件，或没有读取权限。', '检查路径和权限。'],
  },
  'file-truncated': {
    en: ['A file ends before what its header promises, or changed while it was read.', 'Download or copy it again.'],
    zh: ['文件比它的头部所写的短，或在读取时被改动。', '重新下载或复制。'],
  },
  'file-too-large': {
    en: ['A JSON file is larger than any that belongs to a model.', 'Check that it is the right file.'],
    zh: ['JSON 文件大得不可能属于一个模型。', '确认是不是正确的文件。'],
  },
  'no-file-system': {
    en: ['A path was given where there is no file system.', 'In a browser, give Blobs or File objects.'],
    zh: ['在没有文件系统的地方给了路径。', '在浏览器里请给 Blob 或 File 对象。'],
  },
  'unsafe-file-name': {
    en: ['A model names a file outside its folder.', 'Do not use this model unless you made it.'],
    zh: ['模型指向了自己文件夹之外的文件。', '除非是你自己做的，否则不要使用这个模型。'],
  },
  'invalid-json': {
    en: ['Text that should be JSON is not.', 'Mend the line that is named; a data set has one JSON object a line.'],
    zh: ['本应是 JSON 的文本不是 JSON。', '修改消息指出的那一行；数据集每行是一个 JSON 对象。'],
  },
  'invalid-utf8': {
    en: ['A text file is not UTF-8.', 'Save it as UTF-8; Windows programs often write UTF-16.'],
    zh: ['文本文件不是 UTF-8。', '另存为 UTF-8；Windows 程序常写成 UTF-16。'],
  },
  'invalid-hub-id': {
    en: ['A name is no model of the hub.', 'Give owner/name, and a branch, tag or commit as the revision.'],
    zh: ['这个名字不是 hub 上的模型。', '写成 owner/name，版本用分支、标签或提交。'],
  },
  'hub-not-found': {
    en: ['The hub has no such model, revision or file.', 'Check the name and the revision.'],
    zh: ['hub 上没有这个模型、版本或文件。', '检查名字和版本。'],
  },
  'hub-forbidden': {
    en: ['The model is private or gated.', 'Accept its terms on its page, and set HF_TOKEN.'],
    zh: ['模型是私有的，或需要先同意条款。', '在它的页面上同意条款，并设置 HF_TOKEN。'],
  },
  'hub-unreachable': {
    en: ['The hub does not answer.', 'Check the network; what has arrived is kept.'],
    zh: ['hub 没有响应。', '检查网络；已经下载的部分会保留。'],
  },
  'hub-stalled': {
    en: ['The download came to a standstill.', 'Try again; it goes on from where it stopped.'],
    zh: ['下载停滞。', '再试一次；会从中断处继续。'],
  },
  'hub-corrupt': {
    en: ['What arrived is not what the hub promised, twice.', 'Try another network, and tell the owner of the model if it stays so.'],
    zh: ['两次收到的内容都与 hub 承诺的不符。', '换一个网络；如果仍然如此，请告诉模型的作者。'],
  },
  'hub-refused': {
    en: ['The answer of the hub is an error, or not understood.', 'Check HF_ENDPOINT, and try again later.'],
    zh: ['hub 的回答是错误，或无法理解。', '检查 HF_ENDPOINT，稍后再试。'],
  },
  'hub-not-a-file': {
    en: ['A web page came in place of a file.', 'Sign in to the network or the proxy that answers for the hub.'],
    zh: ['收到的是网页而不是文件。', '先登录代替 hub 作答的网络或代理。'],
  },
  'not-cached': {
    en: ['The model is not in the cache, and the hub may not be asked.', 'Load it once with a connection.'],
    zh: ['缓存里没有这个模型，而又不允许询问 hub。', '联网加载一次。'],
  },
  'storage-full': {
    en: ['There is no room for a download.', 'Free some space, or set HF_HUB_CACHE to a larger disk.'],
    zh: ['没有空间存放下载。', '腾出空间，或把 HF_HUB_CACHE 设到更大的磁盘。'],
  },
  'storage-unwritable': {
    en: ['The cache folder cannot be written.', 'Set HF_HUB_CACHE to a folder of yours.'],
    zh: ['缓存文件夹不可写。', '把 HF_HUB_CACHE 设为你自己的文件夹。'],
  },
  aborted: {
    en: ['The download was stopped.', 'Start it again to go on from where it stopped.'],
    zh: ['下载被中止。', '重新开始，会从中断处继续。'],
  },
} satisfies Explanations;
