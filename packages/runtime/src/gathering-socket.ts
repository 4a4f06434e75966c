import { Socket } from 'node:net';

/**
 * A socket that sends what is written in one turn of the event loop with one system call: statements that are asked
 * together leave together, and wake the server once.
 */
export class GatheringSocket extends Socket {
  #gathering = false;

  /** The client corks around each of its statements. */
  override cork(): void {
    super.cork();
    if (this.#gathering) return;
    this.#gathering = true;
    super.cork();
    process.nextTick(() => {
      this.#gathering = false;
      this.uncork();
    });
  }
}
