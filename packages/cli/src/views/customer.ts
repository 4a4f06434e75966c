import type { CustomerAnswer } from '@qvara/contracts/customers';
import { SETTINGS } from '@qvara/contracts/settings';
import { type Column, type Field, fieldsText, Painted } from '../output.ts';
import { type Paint, paintState } from '../paint.ts';
import { shown } from '../text.ts';

/** A customer as a row of a list. */
export const CUSTOMER_COLUMNS: readonly Column<CustomerAnswer>[] = [
  ['id', ({ id }) => id],
  ['name', ({ name }) => name],
  ['reference', ({ externalRef }) => externalRef],
  ['status', ({ serviceStatus }, paint) => new Painted(paintState(paint, serviceStatus))],
  ['service type', ({ serviceType }) => serviceType],
  ['container', ({ container }) => container?.id],
  ['tenant', ({ tenant }) => tenant?.number],
  ['created', ({ createdAt }) => createdAt],
];

/** A customer alone. */
export function customerText(customer: CustomerAnswer, paint: Paint): string {
  const { container, tenant, portingPin } = customer;
  const fields: Field[] = [
    ['customer', customer.id],
    ['name', customer.name],
    ['reference', customer.externalRef],
    ['status', new Painted(paintState(paint, customer.serviceStatus))],
    ['suspended by', customer.suspensions.map(({ holder, reason, since }) => `${holder}: ${reason} (since ${since})`)],
    ['service type', customer.serviceType],
    ['industry', customer.industry],
    ['tags', customer.tags],
    ['time zone', customer.timeZone],
    ['dialing country', customer.dialingCountry],
    ['region', customer.region],
    ['container', container && `${container.id} ${container.label} (${container.region})`],
    ['tenant', tenant && `${tenant.number} ${tenant.domain} (${tenant.state})`],
    ['sites', customer.sites.map(({ id, name }) => `${name} (${id})`)],
    ['porting PIN', portingPin.set ? `set, generated ${shown(portingPin.generatedAt)}` : 'not set'],
    ['version', customer.version],
    ['created', customer.createdAt],
    ['updated', customer.updatedAt],
    ...settingFields(customer.settings),
  ];
  return fieldsText(fields, paint);
}

/** Settings by their labels; a newer service may answer some that are not known here. */
function settingFields(settings: CustomerAnswer['settings']): Field[] {
  const values = settings as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  return Object.values(SETTINGS).map(({ group, field, label, source }) => {
    const value = shown(values[group]?.[field]);
    return [label.toLowerCase(), source === 'retention-choices' ? `${value} days` : value];
  });
}
