import type { ProblemItem } from '@qvara/contracts/api';
import type { JobRequest } from '@qvara/contracts/jobs';
import type { Reference, ReferenceList } from '@qvara/contracts/reference';
import { SETTINGS, type SettingsChange } from '@qvara/contracts/settings';
import { defaultSettings, lacksEngine, mergeSettings } from '@qvara/domain/settings';
import { shorten } from './problem-items.ts';
import { invalid, Refusal } from './refusal.ts';

/** Checks what no schema can see: one target, codes of the reference data, settings that go together. Throws a problem. */
export function checkRequest(request: JobRequest, reference: Reference): void {
  const errors = [...targetItems(request), ...referenceItems(request, reference)];
  if (errors.length > 0) throw invalid(errors);
  const settings = newSettings(request);
  if (settings !== null && lacksEngine(settings)) throw engineRequired('in this request there is none');
}

/** The problem of sentiment analysis without an engine. */
export function engineRequired(why: string): Refusal {
  const message = `needs a transcription engine; ${why}`;
  const remedy = 'Choose an engine, or switch sentiment analysis off in the same change.';
  const pointer = '/payload/transcription/sentimentAnalysis';
  return new Refusal('engine-required', `Sentiment analysis ${message}.`, {
    errors: [{ pointer, code: 'engine-required', message, remedy }],
  });
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
      request.type === 'customer.provision' ? [group, field] : [field],
      ownGroup(request.type, group) ? source : null,
    ]),
  ];
  return found.flatMap(([path, list]) => {
    const [first = '', second] = path;
    const part = payload[first];
    const value = second === undefined ? part : (part as Record<string, unknown> | undefined)?.[second];
    return list === null || value === undefined ? [] : [{ path, list, value: value as string | number }];
  });
}

function ownGroup(type: JobRequest['type'], group: string): boolean {
  return type === 'customer.provision' || type === `${group}.update`;
}

/** The settings that a request alone decides: those of a new customer, or a transcription named in full. */
function newSettings(request: JobRequest) {
  const defaults = defaultSettings();
  if (request.type === 'customer.provision') return mergeSettings(defaults, request.payload as SettingsChange);
  if (request.type !== 'transcription.update' || request.payload.engine === undefined) return null;
  return mergeSettings(defaults, { transcription: request.payload } as SettingsChange);
}
