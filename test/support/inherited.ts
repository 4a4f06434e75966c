/** What every process of a test inherits: where programs are, and where node keeps what it has compiled. */
export const INHERITED = {
  PATH: process.env.PATH ?? '',
  ...(process.env.NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
};
