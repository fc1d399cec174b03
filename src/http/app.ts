/** All routes over one open Larder, and the one place where errors become answers. */
import { Hono } from 'hono';
import type { HttpEnv } from './exchange.ts';
import { asLarderError, problemAnswer } from './answer/problem-json.ts';
import { mountRoutes } from './mount.ts';
import type { Route } from './route.ts';
import { batchRoutes } from './routes/batch.ts';
import { bulkRoutes } from './routes/bulk.ts';
import { changeRoutes } from './routes/changes.ts';
import { fileRoutes, fileVersionRoutes } from './routes/files.ts';
import { healthRoutes } from './routes/health.ts';
import { listRoutes } from './routes/lists.ts';
import { maintenanceRoutes } from './routes/maintenance.ts';
import { problemRoutes } from './routes/problems.ts';
import { readRoutes } from './routes/reads.ts';
import { referenceRoutes } from './routes/reference.ts';
import { schemaRoutes } from './routes/schemas.ts';
import { undoRoutes } from './routes/undo.ts';
import { versionRoutes } from './routes/versions.ts';
import { writeRoutes } from './routes/writes.ts';
import type { Serving } from './serving.ts';

/** In the order in which they are tried: what is named before what may be any name. */
function allRoutes(serving: Serving): Route[] {
  const routes: Route[] = [
    ...referenceRoutes(serving, () => routes),
    ...healthRoutes(serving),
    ...problemRoutes(serving),
    ...maintenanceRoutes(serving),
    ...changeRoutes(serving),
    ...batchRoutes(serving),
    ...bulkRoutes(serving),
    ...fileVersionRoutes(serving),
    ...versionRoutes(serving),
    ...undoRoutes(serving),
    ...schemaRoutes(serving),
    ...fileRoutes(serving),
    ...listRoutes(serving),
    ...readRoutes(serving),
    ...writeRoutes(serving),
  ];
  return routes;
}

export function createApp(serving: Serving): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  mountRoutes(app, allRoutes(serving));
  app.onError((error, { env }) => {
    const known = asLarderError(error);
    if (known.code === 'internal')
      serving.log.error({ err: error, request_id: env.requestId, route: env.route }, 'request failed');
    const { status, headers, body } = problemAnswer(known, env.requestId);
    return new Response(body, { status, headers });
  });
  return app;
}
