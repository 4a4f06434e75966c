/** Files to learn from, by media type. */
export const IMPORT_EXAMPLES = {
  'text/csv':
    'name,serviceType,industry,externalRef,tags,timeZone,voicemail\r\n' +
    'ABC Dental,Hosted PBX,dental,crm-42,west;vip,America/Los_Angeles,180\r\n',
  'application/x-ndjson':
    '{"name":"ABC Dental","serviceType":"hosted-pbx","industry":"dental","externalRef":"crm-42","retention":{"voicemail":180}}\n',
};

/** Corrections to learn from, by media type. */
export const CORRECTION_EXAMPLES = {
  'text/csv': '_row,industry\r\n17,dental\r\n',
  'application/x-ndjson': '{"_row":17,"industry":"dental"}\n',
};
