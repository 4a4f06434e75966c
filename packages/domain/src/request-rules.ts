import type { ProblemItem } from '@qvara/contracts/api';
import type { JobRequest } from '@qvara/contracts/jobs';
import { shorten } from '@qvara/contracts/problem-items';
import type { Reference, ReferenceList } from '@qvara/contracts/reference';
import { SETTINGS, type SettingsChange } from '@qvara/contracts/settings';
import { defaultSettings, lacksEngine, mergeSettings } from './settings.ts';

/** What no schema can see is wrong with a request: its target, and codes that the reference data does not have. */
export function requestProblems(request: JobRequest, reference: Reference): ProblemItem[] {
  return [...targetItems(request), ...referenceItems(request, reference)];
}

/** Whether a request alone asks for sentiment analysis without an engine, whatever customer it is about. */
export function asksForNoEngine(request: JobRequest): boolean {
  const settings = newSettings(request);
  return settings !== null && lacksEngine(settings);
}

/** What is wrong with sentiment analysis without an engine. */
export function engineProblem(why: string): ProblemItem & { readonly pointer: string } {
  return {
    pointer: '/payload/transcription/sentimentAnalysis',
    code: 'engine-required',
    message: `needs a transcription engine; ${why}`,
    remedy: 'Choose an engine, or switch sentiment analysis off in the same change.',
  };
}

function targetItems(request: JobRequest): ProblemItem[] {
  if (request.type === 'customer.provision') return [];
  const given = ['customerId', 'customerRef'].filter(
    (name) => request[name as 'customerId' | 'customerRef'] !== undefined,
  );
  if (given.length === 1) return [];
  const remedy = 'Name the customer by customerId, or by customerRef: exactly one of them.';
  if (given.length === 0)
    return [{ pointer: '/customerId', code: 'required', message: 'is required, or customerRef', remedy }];
  return given.map((name) => ({
    pointer: `/${name}`,
    code: 'one-of',
    message: 'stands beside the other name of a customer',
    remedy,
  }));
}

type Choice = { readonly path: readonly string[]; readonly list: ReferenceList; readonly value: string | number };

function referenceItems(request: JobRequest, reference: Reference): ProblemItem[] {
  return choices(request).flatMap(({ path, list, value }) => {
    const allowed = reference[list].filter((entry) => entry.active).map((entry) => entry.code);
    if (allowed.includes(String(value))) return [];
    const message = `${JSON.stringify(typeof value === 'string' ? shorten(value) : value)} is not an active entry of the ${list}`;
    return [
      {
        pointer: `/payload/${path.join('/')}`,
        code: 'not-allowed',
        message,
        remedy: `Use one of: ${allowed.join(', ')}.`,
      },
    ];
  });
}

/** What a request takes from lists of the reference data. */
function choices(request: JobRequest): Choice[] {
  const payload: Record<string, unknown> = { ...request.payload };
  const found: [path: string[], list: ReferenceList | null][] = [
    [['serviceType'], 'service-types'],
    [['industry'], 'industries'],
    ...Object.values(SETTINGS).map(({ group, field, source }): [string[], ReferenceList | null] => [
      hasGroups(request.type) ? [group, field] : [field],
      hasGroups(request.type) || request.type === `${group}.update` ? source : null,
    ]),
  ];
  return found.flatMap(([path, list]) => {
    const [first = '', second] = path;
    const part = payload[first];
    const value = second === undefined ? part : (part as Record<string, unknown> | undefined)?.[second];
    return list === null || value === undefined ? [] : [{ path, list, value: value as string | number }];
  });
}

/** Whether settings stand in the payload of this type under the names of their groups. */
function hasGroups(type: JobRequest['type']): boolean {
  return type === 'customer.provision' || type === 'customer.update';
}

/** The settings that a request alone decides: those of a new customer, or a transcription named in full. */
function newSettings(request: JobRequest) {
  const defaults = defaultSettings();
  if (request.type === 'customer.provision') return mergeSettings(defaults, request.payload as SettingsChange);
  const transcription = request.type === 'customer.update' ? request.payload.transcription : ownTranscription(request);
  if (transcription?.engine === undefined) return null;
  return mergeSettings(defaults, { transcription } as SettingsChange);
}

function ownTranscription(request: JobRequest) {
  return request.type === 'transcription.update' ? request.payload : undefined;
}
