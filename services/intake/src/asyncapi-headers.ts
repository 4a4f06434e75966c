const text = (description: string, more: object = {}) => ({ type: 'string', description, ...more });

/** The headers of what a webhook is sent, as a schema. */
export const WEBHOOK_HEADERS = {
  type: 'object',
  required: ['content-type', 'webhook-id', 'webhook-timestamp', 'webhook-signature'],
  properties: {
    'content-type': text('CloudEvents in structured mode', { const: 'application/cloudevents+json; charset=utf-8' }),
    'webhook-id': text('The id of the event: the same however often it is sent', { examples: ['4711'] }),
    'webhook-timestamp': text('When it was sent, in seconds since 1970', {
      pattern: '^[0-9]+$',
      examples: ['1795599000'],
    }),
    'webhook-signature': text('A signature for each secret that is valid now, with blanks between them', {
      pattern: '^v1,[A-Za-z0-9+/]+=*( v1,[A-Za-z0-9+/]+=*)*$',
      examples: ['v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4='],
    }),
    'qvara-replay': text('There when the event is told once more on demand', { const: 'true' }),
  },
};
