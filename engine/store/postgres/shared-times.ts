/**
 * What the main thread of a node and its heartbeat tell each other, in shared memory. Clocks of two threads begin at different
 * moments, so everything here is in milliseconds of the main thread's steady clock.
 */
export class SharedTimes {
  readonly memory: SharedArrayBuffer
  readonly #words: Float64Array

  constructor(memory = new SharedArrayBuffer(3 * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory
    this.#words = new Float64Array(memory)
  }

  /** When the renewal of the lease that succeeded last was sent, or a little before; 0 before the first. */
  get renewed(): number {
    return this.#words[0] ?? 0
  }

  set renewed(time: number) {
    this.#words[0] = time
  }

  /** Since when every renewal has followed the one before in time. */
  get unbroken(): number {
    return this.#words[1] ?? 0
  }

  set unbroken(time: number) {
    this.#words[1] = time
  }

  /** When the main thread had a turn last. */
  get alive(): number {
    return this.#words[2] ?? 0
  }

  set alive(time: number) {
    this.#words[2] = time
  }
}
