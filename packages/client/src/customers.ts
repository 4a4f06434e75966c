import type { portingPin } from '@qvara/contracts/api';
import type { CustomerAnswer, ServiceStatus } from '@qvara/contracts/customers';
import type { z } from 'zod';
import { listAt } from './pages.ts';
import { pathOf } from './target.ts';
import type { CallOptions, Transport } from './transport.ts';

export type CustomerFilter = { readonly serviceStatus?: ServiceStatus | undefined };
export type PortingPin = z.infer<typeof portingPin>;

/** Customers, named by their id or by `ref:` and their externalRef; what changes them is a job. */
export function customerCalls(transport: Transport) {
  return {
    ...listAt<CustomerAnswer, CustomerFilter>(transport, '/v1/customers'),
    get: (name: string, options?: CallOptions) =>
      transport.json<CustomerAnswer>({
        method: 'GET',
        path: pathOf`/v1/customers/${name}`,
        repeatable: true,
        ...options,
      }),
    /** The PIN in full; who asks is audited. */
    revealPortingPin: (name: string, options?: CallOptions) =>
      transport.json<PortingPin>({
        method: 'POST',
        path: pathOf`/v1/customers/${name}/porting-pin/reveal`,
        repeatable: false,
        ...options,
      }),
  };
}
