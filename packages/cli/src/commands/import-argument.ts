export const IMPORT_ARGUMENT = ['<import>', "an import's id: imp_ and 26 characters"] as const;
export const IMPORT_ID = 'imp_01k9zv6n3fe8prx2k1w3q4t5y6';
