import { isOurs, ProblemError, StrangeAnswerError, UnreachableError } from './errors.ts';
import { readAnswer, refusalOf } from './read-answer.ts';
import { type RetryPolicy, waitBeforeRetry } from './retry.ts';
import { type Query, queryText } from './target.ts';
import { pause, withinLimit } from './time-limit.ts';

/** What every call may be given. */
export type CallOptions = { readonly signal?: AbortSignal | undefined };

/** Bytes of a file: a stream is sent as it comes. */
export type FileBytes = ReadableStream<Uint8Array> | Blob | Uint8Array<ArrayBuffer> | string;
/** A function gives the bytes anew for each try. */
export type FileBody = FileBytes | (() => FileBytes | Promise<FileBytes>);

export type Call = CallOptions & {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is; takes as long as it takes. */
  readonly file?: FileBody;
  /** Sent again when the first time may have come to nothing: done twice, it must do no more than once. */
  readonly repeatable: boolean;
  /** For the end of a job, on top of the usual time. */
  readonly waitSeconds?: number | undefined;
};

/** Told before a call is sent again. */
export type Retrying = { readonly error: Error; readonly attempt: number; readonly waitMs: number };

export type Transport = {
  /** The JSON that was answered. */
  json<T>(call: Call): Promise<T>;
  /** What `take` makes of an answer that is a success; it is part of the try. */
  ask<T>(call: Call, take: (answer: Response) => Promise<T>): Promise<T>;
  readonly patience: Patience;
};

/** How tries are made. */
export type Patience = {
  readonly policy: RetryPolicy;
  /** A stream without a sign of life for so long is dead. */
  readonly silenceMs: number;
  readonly chance: () => number;
  readonly onRetry: (retrying: Retrying) => void;
};

export type TransportOptions = Patience & {
  /** Without a slash at its end. */
  readonly address: string;
  readonly key: string;
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
};

/** Sends calls, again where that is safe. Its calls throw ProblemError, UnreachableError and StrangeAnswerError. */
export function createTransport(options: TransportOptions): Transport {
  const { address, policy, chance, onRetry } = options;

  async function attempt<T>(call: Call, take: (answer: Response) => Promise<T>): Promise<T> {
    const timeoutMs = call.file === undefined ? options.timeoutMs + (call.waitSeconds ?? 0) * 1000 : undefined;
    try {
      return await withinLimit({ timeoutMs, signal: call.signal }, async (signal) => {
        const answer = await options.fetch(`${address}${call.path}${queryText(call.query ?? {})}`, {
          ...(await requestOf(call, options.key)),
          signal,
        });
        if (!answer.ok) throw await refusalOf(answer, address);
        return await take(answer);
      });
    } catch (error) {
      call.signal?.throwIfAborted();
      throw isOurs(error) ? error : new UnreachableError(address, error);
    }
  }

  async function ask<T>(call: Call, take: (answer: Response) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt(call, take);
      } catch (error) {
        if (!call.repeatable || !isOurs(error)) throw error;
        const waitMs = waitBeforeRetry({ attempt: tries, ...statusOf(error) }, policy, chance());
        if (waitMs === null) throw error;
        onRetry({ error, attempt: tries, waitMs });
        await pause(waitMs, call.signal);
      }
    }
  }

  return {
    ask,
    json: (call) => ask(call, (answer) => readAnswer(answer, address)),
    patience: options,
  };
}

/** What an error says of the answer, as far as there was one. */
export function statusOf(error: Error): { status: number | null; retryAfterMs: number | null } {
  if (error instanceof ProblemError) return { status: error.status, retryAfterMs: error.retryAfterMs };
  return { status: error instanceof StrangeAnswerError ? error.status : null, retryAfterMs: null };
}

async function requestOf({ method, headers, json, file, waitSeconds }: Call, key: string): Promise<RequestInit> {
  const bytes = typeof file === 'function' ? await file() : file;
  const body = json === undefined ? bytes : JSON.stringify(json);
  return {
    method,
    // A redirect is answered by nobody here: it is shown, not followed with the key.
    redirect: 'manual',
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${key}`,
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(waitSeconds !== undefined && { prefer: `wait=${waitSeconds}` }),
      ...headers,
    },
    ...(body !== undefined && { body }),
    ...(body instanceof ReadableStream && { duplex: 'half' as const }),
  };
}
