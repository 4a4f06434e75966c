import type { JobType } from '@qvara/contracts/jobs';
import type { Chance } from './chance.ts';

/** The regions that have containers; one more has none, so that some jobs stay held. */
export const REGIONS = ['west', 'east'] as const;
const NOWHERE = 'north';

const SERVICE_TYPES = ['hosted-pbx', 'answering-service', 'hospitality', 'residential'] as const;
const INDUSTRIES = ['healthcare', 'dental', 'legal', 'retail'] as const;
const TIME_ZONES = ['America/Los_Angeles', 'Europe/Zurich', 'Asia/Tokyo'] as const;
const COUNTRIES = ['US', 'CH', 'JP'] as const;
const DAYS = [30, 60, 90, 180, 365, 730] as const;
const HOLDERS = ['billing', 'fraud', 'owner'] as const;

export type Body = Record<string, unknown>;

/** A provisioning, sometimes of a reference that may be taken. */
export function provision(chance: Chance, ref: string | undefined): Body {
  const region = chance.yes(0.02) ? NOWHERE : chance.yes(0.6) ? chance.pick(REGIONS) : undefined;
  return {
    type: 'customer.provision',
    payload: {
      name: `Customer ${chance.between(1, 1e9)}`,
      serviceType: chance.pick(SERVICE_TYPES),
      industry: chance.pick(INDUSTRIES),
      ...(ref === undefined ? {} : { externalRef: ref }),
      ...(region === undefined ? {} : { region }),
      ...(chance.yes(0.3) ? { timeZone: chance.pick(TIME_ZONES) } : {}),
      ...(chance.yes(0.3) ? { retention: { voicemail: chance.pick(DAYS) } } : {}),
      ...(chance.yes(0.2) ? { transcription: { engine: 'standard', sentimentAnalysis: true } } : {}),
    },
  };
}

type Change = Exclude<JobType, 'customer.provision'>;

/** How often each change is posted, in parts. */
const CHANGES: Readonly<Record<Change, number>> = {
  'customer.update': 10,
  'retention.update': 10,
  'transcription.update': 8,
  'porting-pin.generate': 6,
  'customer.suspend': 8,
  'customer.resume': 9,
  'customer.disconnect': 5,
};
const BAG = Object.entries(CHANGES).flatMap(([type, parts]) => Array<Change>(parts).fill(type as Change));

/** A change of a customer; now and then one that expects a version. */
export function change(chance: Chance, target: Body): Body {
  const type = chance.pick(BAG);
  const expectedVersion = chance.yes(0.04) ? { expectedVersion: chance.between(1, 6) } : {};
  return { type, ...target, ...expectedVersion, payload: payloadOf(type, chance) };
}

function payloadOf(type: Change, chance: Chance): Body {
  switch (type) {
    case 'customer.update':
      return chance.yes(0.5)
        ? { name: `Renamed ${chance.between(1, 1e9)}` }
        : { timeZone: chance.pick(TIME_ZONES), dialingCountry: chance.pick(COUNTRIES) };
    case 'retention.update':
      return {
        [chance.pick(['fax', 'callRecording', 'voicemail', 'sms'])]: chance.pick(DAYS),
        appliesTo: chance.pick(['prospective', 'retroactive']),
      };
    case 'transcription.update':
      return chance.yes(0.5)
        ? { engine: 'standard', sentimentAnalysis: chance.yes(0.5) }
        : { engine: 'none', sentimentAnalysis: false };
    case 'porting-pin.generate':
      return {};
    case 'customer.suspend':
      return { holder: chance.pick(HOLDERS), reason: 'as chance will have it' };
    case 'customer.resume':
      return { holder: chance.pick(HOLDERS) };
    case 'customer.disconnect':
      return { reason: 'as chance will have it' };
  }
}
