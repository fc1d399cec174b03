/**
 * The reference as a page: one file of the openapi-explorer package, which this daemon serves itself. The policy lets the page
 * load that file and ask this daemon, and nothing else: no request leaves the machine.
 */
import { fileURLToPath } from 'node:url';
import type { FileSystem } from '../../host/ports.ts';

export const EXPLORER_PATH = '/docs/openapi-explorer.js';

export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  // The explorer sets style attributes on its elements.
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Larder: HTTP reference</title>
<link rel="icon" href="data:,">
<style>
body { margin: 0; }
openapi-explorer { --font-regular: system-ui, sans-serif; --font-mono: ui-monospace, monospace; }
</style>
<script type="module" src="${EXPLORER_PATH}"></script>
</head>
<body>
<openapi-explorer spec-url="/openapi.json" server-url="/" hide-authentication hide-server-selection></openapi-explorer>
<noscript>This page needs JavaScript; <a href="/openapi.json">/openapi.json</a> says the same.</noscript>
</body>
</html>
`;

/** The explorer's file, read once and kept: 0.75 MB. */
export function openExplorer(fileSystem: FileSystem): () => Uint8Array<ArrayBuffer> {
  let kept: Uint8Array<ArrayBuffer> | null = null;
  return () => (kept ??= readWhole(fileSystem, explorerFile()));
}

const explorerFile = (): string => {
  const manifest = import.meta.resolve('openapi-explorer/package.json');
  return fileURLToPath(new URL('dist/browser/openapi-explorer.min.js', manifest));
};

function readWhole(fileSystem: FileSystem, path: string): Uint8Array<ArrayBuffer> {
  const fd = fileSystem.open(path, 'read');
  try {
    const bytes = new Uint8Array(fileSystem.fstat(fd).size);
    let at = 0;
    for (let count = -1; count !== 0 && at < bytes.length; at += count)
      count = fileSystem.read(fd, bytes, at, bytes.length - at, at);
    return bytes;
  } finally {
    fileSystem.close(fd);
  }
}
