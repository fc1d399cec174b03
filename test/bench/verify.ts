/** Verifies a root that nobody serves and says how long it took: `node verify.ts ROOT`. Process start is not counted. */
import { openClosedRoot } from '../../src/maintain/verify/closed-root.ts';
import { verify } from '../../src/maintain/verify/verify.ts';

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error('usage: node verify.ts ROOT');
const started = performance.now();
await using subject = await openClosedRoot(root);
const { ok, files } = await verify(subject, { finding: () => {}, progress: () => {} });
if (!ok) throw new Error('the root does not agree with its log');
process.stdout.write(`${JSON.stringify({ ms: performance.now() - started, files })}\n`);
