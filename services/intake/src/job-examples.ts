import type { JobRequest, JobType } from '@qvara/contracts/jobs';

const customerId = 'cus_01k9zv6n3fe8prx2k1w3q4t5y6';

/** One body for each job type, to learn from. */
export const JOB_EXAMPLES: { readonly [T in JobType]: Extract<JobRequest, { type: T }> } = {
  'customer.provision': {
    type: 'customer.provision',
    externalId: 'order-7781',
    payload: {
      name: 'ABC Dental',
      serviceType: 'hosted-pbx',
      industry: 'dental',
      externalRef: 'crm-42',
      tags: ['west'],
      timeZone: 'America/Los_Angeles',
      retention: { voicemail: 180 },
    },
  },
  'customer.update': {
    type: 'customer.update',
    customerId,
    payload: { name: 'ABC Dental Group', tags: ['west', 'group'] },
  },
  'retention.update': {
    type: 'retention.update',
    customerId,
    expectedVersion: 3,
    payload: { sms: 365, appliesTo: 'prospective' },
  },
  'transcription.update': {
    type: 'transcription.update',
    customerRef: 'crm-42',
    payload: { engine: 'standard', sentimentAnalysis: true },
  },
  'porting-pin.generate': { type: 'porting-pin.generate', customerId },
  'customer.suspend': {
    type: 'customer.suspend',
    customerId,
    payload: { holder: 'billing', reason: 'Invoice 4711 is overdue' },
  },
  'customer.resume': { type: 'customer.resume', customerId, payload: { holder: 'billing' } },
  'customer.disconnect': { type: 'customer.disconnect', customerId, payload: { reason: 'Moved to another carrier' } },
};
