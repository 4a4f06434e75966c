import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Download } from './route.ts';
import { writeText } from './write-text.ts';

type Sending = { readonly download: Download; readonly over: AbortSignal };

/** Writes a file of CSV piece by piece. One that does not come to its end is cut off, so that nobody takes it for whole. */
export async function sendDownload(
  request: IncomingMessage,
  response: ServerResponse,
  { download, over }: Sending,
): Promise<void> {
  response.writeHead(200, {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': `attachment; filename="${download.filename}"`,
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  for await (const piece of download.pieces) {
    await writeText(response, piece, over);
    if (over.aborted) break;
  }
  if (over.aborted) response.destroy();
  else response.end();
}
