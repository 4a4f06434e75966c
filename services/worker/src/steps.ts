import type { Steps } from './context.ts';
import { activateTenant } from './steps/activate-tenant.ts';
import { applySettings } from './steps/apply-settings.ts';
import { createSite } from './steps/create-site.ts';
import { createTenant } from './steps/create-tenant.ts';
import { deactivateTenant } from './steps/deactivate-tenant.ts';
import { generatePortingPin } from './steps/generate-porting-pin.ts';
import { releaseSeat } from './steps/release-seat.ts';
import { removeSite } from './steps/remove-site.ts';
import { removeTenant } from './steps/remove-tenant.ts';
import { reserveSeat } from './steps/reserve-seat.ts';
import { resumeTenant } from './steps/resume-tenant.ts';
import { suspendTenant } from './steps/suspend-tenant.ts';
import { updateCustomer } from './steps/update-customer.ts';
import { verifyTenant } from './steps/verify-tenant.ts';

/** Every step by its name: one that is missing does not compile. */
export const steps: Steps = {
  'reserve-seat': reserveSeat,
  'create-tenant': createTenant,
  'apply-settings': applySettings,
  'create-site': createSite,
  'verify-tenant': verifyTenant,
  'activate-tenant': activateTenant,
  'update-customer': updateCustomer,
  'generate-porting-pin': generatePortingPin,
  'suspend-tenant': suspendTenant,
  'resume-tenant': resumeTenant,
  'deactivate-tenant': deactivateTenant,
  'remove-site': removeSite,
  'remove-tenant': removeTenant,
  'release-seat': releaseSeat,
};
