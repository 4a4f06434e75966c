import { provisioning } from '../support/api.ts';

type Found = { readonly pointer: string; readonly code: string; readonly remedy: string };

const customerId = 'cus_01k9zv6n3fe8prx2k1w3q4t5y6';
const change = (type: string, payload: unknown, more: object = {}) => ({ type, customerId, payload, ...more });
const at = (pointer: string, code: string, remedy: string): Found => ({ pointer, code, remedy });
const within = (field: string, code: string, remedy: string) => at(`/payload/${field}`, code, remedy);
const tooMany = Array.from({ length: 51 }, (_, n) => `t${n}`);
const engine = { engine: 'magic' };
const feeling = { sentimentAnalysis: true };
const ENGINE = 'transcription/engine';
const FEELING = 'transcription/sentimentAnalysis';

/** Bodies that cannot be accepted: what is wrong, the body, and where, which rule and which remedy must be named. */
export const FIELDS: [title: string, body: unknown, found: Found][] = [
  ['no type', {}, at('/type', 'required', 'customer.provision')],
  ['an unknown type', { type: 'customer.explode' }, at('/type', 'not-allowed', 'retention.update')],
  ['a type that is a number', { type: 7 }, at('/type', 'not-allowed', 'retention.update')],
  ['a list', [provisioning()], at('', 'wrong-type', 'an object')],
  ['a text', 'provision', at('', 'wrong-type', 'an object')],
  ['null', null, at('', 'wrong-type', 'an object')],
  ['an unknown field', { ...provisioning(), hue: 1 }, at('/hue', 'unknown-field', 'type, externalId, payload')],
  ['slash and tilde in a name', { ...provisioning(), 'a/b~c': 1 }, at('/a~1b~0c', 'unknown-field', 'externalId')],
  ['an unknown field of the payload', provisioning({ nam: 'x' }), within('nam', 'unknown-field', 'serviceType')],
  [
    'an unknown period',
    provisioning({ retention: { mail: 30 } }),
    within('retention/mail', 'unknown-field', 'voicemail'),
  ],
  ['no payload', { type: 'customer.provision' }, at('/payload', 'required', 'Add it')],
  ['a list as payload', { type: 'customer.provision', payload: [] }, at('/payload', 'wrong-type', 'an object')],
  ['a name that is a number', provisioning({ name: 7 }), within('name', 'wrong-type', 'a string')],
  ['no name', provisioning({ name: undefined }), within('name', 'required', 'ABC Dental')],
  ['an empty name', provisioning({ name: '' }), within('name', 'too-short', 'at least 1')],
  ['a blank name', provisioning({ name: '  ' }), within('name', 'invalid-value', 'ABC Dental')],
  ['a name of 201', provisioning({ name: 'x'.repeat(201) }), within('name', 'too-long', 'at most 200')],
  ['a name of two lines', provisioning({ name: 'a\nb' }), within('name', 'invalid-value', 'ABC Dental')],
  ['a code in capitals', provisioning({ serviceType: 'PBX' }), within('serviceType', 'invalid-format', 'hosted-pbx')],
  ['no such service type', provisioning({ serviceType: 'beam' }), within('serviceType', 'not-allowed', 'hosted-pbx')],
  ['no such industry', provisioning({ industry: 'piracy' }), within('industry', 'not-allowed', 'real-estate')],
  ['no such engine', provisioning({ transcription: engine }), within(ENGINE, 'not-allowed', 'standard')],
  ['no such choice', provisioning({ retention: { sms: 91 } }), within('retention/sms', 'not-allowed', '2555')],
  ['days as a text', provisioning({ retention: { sms: '90' } }), within('retention/sms', 'wrong-type', 'a number')],
  ['days in parts', provisioning({ retention: { sms: 90.5 } }), within('retention/sms', 'wrong-type', 'whole number')],
  ['tags that are a text', provisioning({ tags: 'west' }), within('tags', 'wrong-type', 'an array')],
  ['51 tags', provisioning({ tags: tooMany }), within('tags', 'too-long', 'at most 50')],
  ['a tag twice', provisioning({ tags: ['a', 'a'] }), within('tags', 'invalid-value', 'west')],
  ['a tag that is null', provisioning({ tags: ['a', null] }), within('tags/1', 'wrong-type', 'a string')],
  ['no such time zone', provisioning({ timeZone: 'Mars/Base' }), within('timeZone', 'invalid-value', 'America')],
  ['a small country', provisioning({ dialingCountry: 'us' }), within('dialingCountry', 'invalid-format', 'US')],
  ['a blank at an end', provisioning({ externalRef: 'crm ' }), within('externalRef', 'invalid-value', 'crm-42')],
  ['a long externalId', { ...provisioning(), externalId: 'x'.repeat(201) }, at('/externalId', 'too-long', 'most 200')],
  ['no engine to feel', provisioning({ transcription: feeling }), within(FEELING, 'engine-required', 'engine')],
  ['no target', { type: 'retention.update', payload: { sms: 30 } }, at('/customerId', 'required', 'customerRef')],
  [
    'two targets',
    change('retention.update', { sms: 30 }, { customerRef: 'x' }),
    at('/customerRef', 'one-of', 'exactly'),
  ],
  ['no id', change('retention.update', { sms: 30 }, { customerId: '42' }), at('/customerId', 'invalid-format', 'cus_')],
  ['a target of a new one', { ...provisioning(), customerId }, at('/customerId', 'unknown-field', 'externalId')],
  [
    'version 0',
    change('retention.update', { sms: 30 }, { expectedVersion: 0 }),
    at('/expectedVersion', 'too-small', '1'),
  ],
  [
    'a version past what is counted',
    change('retention.update', { sms: 30 }, { expectedVersion: 2_147_483_648 }),
    at('/expectedVersion', 'too-large', '2147483647'),
  ],
  ['a change of nothing', change('customer.update', {}), at('/payload', 'invalid-value', 'at least one')],
  [
    'only appliesTo',
    change('retention.update', { appliesTo: 'retroactive' }),
    at('/payload', 'invalid-value', 'at least'),
  ],
  [
    'odd appliesTo',
    change('retention.update', { sms: 30, appliesTo: 'x' }),
    within('appliesTo', 'not-allowed', 'retro'),
  ],
  ['a holder in capitals', change('customer.resume', { holder: 'Me' }), within('holder', 'invalid-format', 'billing')],
  ['no reason', change('customer.suspend', { holder: 'billing' }), within('reason', 'required', 'Add it')],
  [
    'needless fields',
    change('porting-pin.generate', { digits: 4 }),
    within('digits', 'unknown-field', 'nothing is taken'),
  ],
  ['U+0000 in a value', provisioning({ name: 'a\0b' }), within('name', 'nul-character', 'U+0000')],
  ['U+0000 in a name', provisioning({ 'na\0me': 'x' }), within('na\u2400me', 'nul-character', 'U+0000')],
  ['U+0000 deep within', provisioning({ tags: [['a\0']] }), within('tags/0/0', 'nul-character', 'U+0000')],
  ['half a surrogate pair', provisioning({ name: 'a\ud800' }), within('name', 'lone-surrogate', 'whole character')],
  ['half a pair in a name', provisioning({ '\udc00': 1 }), within('\ufffd', 'lone-surrogate', 'whole character')],
];
