import { randomDigits } from '@qvara/runtime/crypto';
import { done, type Step, type StepContext } from '../context.ts';

const PIN_DIGITS = 10;

/** Gives the customer a new porting PIN; the old one is void with the same write. */
export const generatePortingPin: Step = {
  async ensure(context) {
    const pin = newPin(context);
    return done({ changes: { customer: pin.changes }, told: pin.told });
  },
};

/** A PIN, sealed for the customer, and what is told of it: never the PIN itself. */
export function newPin({ tools, customer, now }: StepContext) {
  const changes = { portingPin: tools.sealer.seal(randomDigits(PIN_DIGITS), customer.id), portingPinAt: now };
  return { changes, told: [{ name: 'porting-pin.generated', detail: {} }] as const };
}
