import type { Story } from '../story.ts';

/** Sets a customer up. Its settings stand in its record since it was accepted. */
export const provisionCustomer: Story = {
  result: ({ customer, seat }) => ({
    version: customer.version,
    container: seat && { id: seat.containerId, label: seat.containerLabel },
    tenant: seat && { number: seat.number },
  }),
};
