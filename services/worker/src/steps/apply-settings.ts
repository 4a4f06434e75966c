import type { JobPayload } from '@qvara/contracts/jobs';
import type { Settings } from '@qvara/contracts/settings';
import { feesOf } from '@qvara/domain/fees';
import { changedGroups, lacksEngine, mergeSettings } from '@qvara/domain/settings';
import { done, type Step, type StepContext, type StepDone } from '../context.ts';
import { callOf, platformSettings } from '../tenant.ts';

/** Writes dial plan defaults, dialing country, retention and transcription to the tenant, and to the customer's record. */
export const applySettings: Step = {
  async ensure(context) {
    const settings = mergeSettings(context.customer.settings, context.settingsChange);
    if (lacksEngine(settings)) {
      return {
        ok: false,
        fault: { code: 'engine-required', message: 'Sentiment analysis is on and the engine is none.' },
      };
    }
    const { appliesTo } = context.payload as Partial<JobPayload<'retention.update'>>;
    const call = {
      ...callOf(context),
      settings: platformSettings({ ...context.customer, settings }),
      retroactive: appliesTo === 'retroactive',
    };
    const outcome = await context.tools.platform.configureTenant(call, context.signal);
    if (!outcome.ok) return outcome;
    return done(await recorded(context, settings));
  },
};

async function recorded({ customer, tools }: StepContext, settings: Settings): Promise<StepDone> {
  const configured = { name: 'tenant.configured', detail: { settings } } as const;
  const changed = changedGroups(customer.settings, settings);
  if (changed.length === 0) return { told: [configured] };
  return {
    changes: { customer: { settings } },
    told: [configured, { name: 'customer.updated', detail: { changed, version: customer.version + 1 } }],
    fees: feesOf(customer.settings, settings, await tools.reference()),
  };
}
