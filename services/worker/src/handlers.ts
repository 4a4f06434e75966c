import type { JobType } from '@qvara/contracts/jobs';
import { disconnectCustomer } from './jobs/disconnect-customer.ts';
import { generatePortingPin } from './jobs/generate-porting-pin.ts';
import { provisionCustomer } from './jobs/provision-customer.ts';
import { resumeCustomer } from './jobs/resume-customer.ts';
import { suspendCustomer } from './jobs/suspend-customer.ts';
import { updateCustomer } from './jobs/update-customer.ts';
import { updateRetention } from './jobs/update-retention.ts';
import { updateTranscription } from './jobs/update-transcription.ts';
import type { Story } from './story.ts';

/** Every job type's story: one that is missing does not compile. */
export const handlers: Readonly<Record<JobType, Story>> = {
  'customer.provision': provisionCustomer,
  'customer.update': updateCustomer,
  'retention.update': updateRetention,
  'transcription.update': updateTranscription,
  'porting-pin.generate': generatePortingPin,
  'customer.suspend': suspendCustomer,
  'customer.resume': resumeCustomer,
  'customer.disconnect': disconnectCustomer,
};
