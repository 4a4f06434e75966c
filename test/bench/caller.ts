import { Pool } from 'undici';

/** One client's way to an intake, made to cost little: the load shares its machine with what it measures. */
export type BenchCaller = {
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<{ status: number; text: string }>;
  close(): Promise<void>;
};

/** Opens so many connections to a server. */
export function openCaller(url: string, key: string, connections: number): BenchCaller {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const own = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return {
    async post(path, body, headers = {}) {
      const answer = await pool.request({
        path,
        method: 'POST',
        headers: { ...own, ...headers },
        body: JSON.stringify(body),
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    },
    close: () => pool.close(),
  };
}
