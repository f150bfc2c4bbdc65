/** The seam to whoever moves the money. */
import { defineAbstract } from '@justscale/core'
import type { PaymentKind } from './payment.ts'

export interface PaymentOrder {
  readonly kind: PaymentKind
  /** The same order with the same key is carried out once, however often it is sent. */
  readonly key: string
  /** Opaque to the provider: what the payment is for. */
  readonly subject: string
  readonly amount: number
}

export interface Receipt {
  readonly receipt: string
}

export class PaymentProvider extends defineAbstract<{
  /** Rejects when the provider could not be reached or refused: what happened is then not known. */
  perform(order: PaymentOrder): Promise<Receipt>
}>('PaymentProvider') {}
