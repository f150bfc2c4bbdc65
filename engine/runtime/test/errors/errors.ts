/** Error classes as an application has them: in a module of their own, with ancestors, accessors and private state. */
export class PaymentError extends Error {
  override readonly name: string = 'PaymentError'
  readonly #secret = 'not stored'
  readonly amount: number

  constructor(amount: number, message: string) {
    super(message)
    this.amount = amount
    made.count++
  }

  get cents(): number {
    return this.amount * 100
  }

  get secret(): string {
    return #secret in this ? this.#secret : 'gone'
  }
}

/** A handler that knows PaymentError only meets this. */
export class DeclinedError extends PaymentError {
  override readonly name = 'DeclinedError'
}

/** No handler names it. */
export class UnknownError extends TypeError {
  readonly extra = 1
}

/** How often a constructor ran. */
export const made = { count: 0 }
