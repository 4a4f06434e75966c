import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Scope } from '@qvara/contracts/clients';
import type { FailureCode } from '@qvara/contracts/failure';
import type { KeyHolder } from '@qvara/store/clients';
import type { Viewer } from '@qvara/store/viewer';
import type { z } from 'zod';
import type { Parts } from './parts.ts';
import type { SentFile } from './sent-file.ts';

/** A request whose every part has been judged. */
export type Asked<
  P = Record<string, unknown>,
  Q = Record<string, unknown>,
  H = Record<string, unknown>,
  B = unknown,
> = {
  readonly path: P;
  readonly query: Q;
  readonly headers: H;
  readonly body: B;
  /** The body exactly as it was sent. */
  readonly sent: unknown;
  /** The file in the body, of a call that takes one; null when there is none. */
  readonly file: SentFile | null;
  readonly holder: KeyHolder;
  readonly viewer: Viewer;
  /** Answers a signal that is aborted when nobody waits for the answer any more; most calls need none. */
  readonly gone: () => AbortSignal;
};

export type Reply = {
  readonly status: number;
  /** Answered as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Writes a stream until nobody reads it any more, or it has to end. */
export type Stream = (response: ServerResponse, gone: AbortSignal) => Promise<void>;

/** A text that is written as its reader takes it. */
export type Download = { readonly filename: string; readonly pieces: AsyncIterable<string> };

/** What a call takes as a file: whether it must be there, and what it may look like, by media type. */
export type FileTaken = { readonly required: boolean; readonly examples: Readonly<Record<string, string>> };

/** An answer as the document tells it; without a schema it has no JSON body. */
export type Answer = {
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly mediaType?: string;
  /** What a stream of server-sent events carries, where one may be asked for instead. */
  readonly stream?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

type Told = {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With the names of its parameters in braces. */
  readonly path: string;
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Codes this call may be refused with, besides those that its shape implies. */
  readonly refusals?: readonly FailureCode[];
  /** Bodies to learn from, by name. */
  readonly examples?: Readonly<Record<string, unknown>>;
};

/** A request as it came, with the names in its path. */
export type Served = IncomingMessage & { readonly params: Readonly<Record<string, unknown>> };

/** One call of the interface: what serves it and what documents it are the same entry. */
export type Route = Told & {
  readonly scope: Scope | null;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly file?: FileTaken;
  /** The body's schema where it depends on the path. */
  bodyAt?(path: Record<string, unknown>): z.ZodType;
  handle?(parts: Parts, asked: Asked): Promise<Reply>;
  /** The same as a stream, for who accepts that rather. */
  stream?(parts: Parts, asked: Asked): Promise<Stream>;
  /** For answers in CSV. */
  download?(parts: Parts, asked: Asked): Promise<Download>;
  /** For what is not JSON: writes the answer itself. */
  serve?(parts: Parts, request: Served, response: ServerResponse): Promise<void>;
};

type Typed<P extends z.ZodObject, Q extends z.ZodObject, H extends z.ZodObject, B extends z.ZodType> = Told & {
  readonly scope: Scope;
  readonly params?: P;
  readonly query?: Q;
  readonly headers?: H;
  readonly body?: B;
  readonly file?: FileTaken;
  bodyAt?(path: z.output<P>): z.ZodType;
  handle?(parts: Parts, asked: Asked<z.output<P>, z.output<Q>, z.output<H>, z.output<B>>): Promise<Reply>;
  download?(parts: Parts, asked: Asked<z.output<P>, z.output<Q>, z.output<H>, z.output<B>>): Promise<Download>;
  stream?(parts: Parts, asked: Asked<z.output<P>, z.output<Q>, z.output<H>, z.output<B>>): Promise<Stream>;
};

/** A call whose handler gets what its schemas make of a request. */
export function route<P extends z.ZodObject, Q extends z.ZodObject, H extends z.ZodObject, B extends z.ZodType>(
  typed: Typed<P, Q, H, B>,
): Route {
  return typed as unknown as Route;
}
