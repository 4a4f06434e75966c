// Imported by node before a service: makes its clock wrong, and its event loop stand still at a signal.
const shiftMs = Number(process.env.FAULT_CLOCK_SHIFT_MS ?? 0);
const blockMs = Number(process.env.FAULT_BLOCK_MS ?? 0);

if (shiftMs !== 0) {
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...given: []) {
      if (given.length === 0) super(RealDate.now() + shiftMs);
      else super(...given);
    }
    static override now(): number {
      return RealDate.now() + shiftMs;
    }
  } as DateConstructor;
}

if (blockMs > 0) {
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  process.on('SIGUSR2', () => Atomics.wait(nothing, 0, 0, blockMs));
}
