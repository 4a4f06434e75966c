import { z } from 'zod';
import { code, line } from './text.ts';

export const REFERENCE_LISTS = ['service-types', 'industries', 'engines', 'retention-choices', 'fees'] as const;
export type ReferenceList = (typeof REFERENCE_LISTS)[number];

const label = line(200);
const active = z.boolean().default(true).meta({ description: 'false: kept for what uses it, refused for new use' });
const named = z.strictObject({ label, active });

/** What an entry of each list holds; its code is its name within the list. A retention choice's code is its days. */
export const REFERENCE_ENTRIES = {
  'service-types': named,
  industries: named,
  engines: named,
  'retention-choices': z.strictObject({ label, active, included: z.boolean().default(false) }),
  fees: z.strictObject({
    label,
    active,
    amountMinor: z.int().min(0).max(1_000_000_000),
    currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code, such as USD'),
  }),
} as const satisfies Record<ReferenceList, z.ZodType>;

export const referenceCode = code;

type Entry<L extends ReferenceList> = z.infer<(typeof REFERENCE_ENTRIES)[L]> & { code: string };

/** The whole reference data, by list. */
export type Reference = { readonly [L in ReferenceList]: readonly Entry<L>[] };

/** The reference data as the interface answers it. */
export const reference = z.strictObject(
  Object.fromEntries(
    REFERENCE_LISTS.map((list) => [list, z.array(REFERENCE_ENTRIES[list].extend({ code: z.string() }))]),
  ),
);

const years: [number, string][] = [
  [365, '1 year'],
  [730, '2 years'],
  [1095, '3 years'],
  [2555, '7 years'],
];
const entry = (code: string, label: string) => ({ code, label, active: true });
const placeholder = (code: string, label: string, amountMinor: number) => ({
  ...entry(code, `${label} (placeholder price)`),
  amountMinor,
  currency: 'USD',
});

/** What a new ledger starts with. The operator's real lists and prices replace it. */
export const REFERENCE_SEED: Reference = {
  'service-types': [
    entry('hosted-pbx', 'Hosted PBX'),
    entry('answering-service', 'Answering service'),
    entry('hospitality', 'Hospitality'),
    entry('residential', 'Residential'),
    entry('sip-trunk', 'SIP trunk'),
    entry('fax-sms-only', 'Fax and SMS only'),
  ],
  industries: [
    entry('healthcare', 'Healthcare'),
    entry('dental', 'Dental'),
    entry('legal', 'Legal'),
    entry('hospitality', 'Hospitality'),
    entry('education', 'Education'),
    entry('retail', 'Retail'),
    entry('finance', 'Finance'),
    entry('government', 'Government'),
    entry('non-profit', 'Non-profit'),
    entry('real-estate', 'Real estate'),
    entry('manufacturing', 'Manufacturing'),
    entry('professional-services', 'Professional services'),
    entry('other', 'Other'),
  ],
  engines: [entry('none', 'None'), entry('standard', 'Standard')],
  'retention-choices': [...[30, 60, 90, 180].map((days): [number, string] => [days, `${days} days`]), ...years].map(
    ([days, label]) => ({ ...entry(String(days), label), included: days === 90 }),
  ),
  fees: [
    placeholder('retention-fax', 'Extended retention of digital faxes', 300),
    placeholder('retention-call-recording', 'Extended retention of call recordings', 900),
    placeholder('retention-voicemail', 'Extended retention of voicemail messages', 400),
    placeholder('retention-sms', 'Extended retention of SMS messages', 200),
    placeholder('sentiment-analysis', 'Sentiment analysis', 1500),
  ],
};
