/** What the payment provider did for a pledge: one row per effect, written in the same commit as the step's outcome. */
import { defineModel, field } from '@justscale/core'
import { Pledge } from '../pledge/pledge.ts'

export const paymentKinds = ['hold', 'charge', 'refund'] as const
export type PaymentKind = (typeof paymentKinds)[number]

export class Payment extends defineModel({
  name: 'Payment',
  fields: {
    pledge: field.ref(Pledge),
    kind: field.enum('PaymentKind', paymentKinds),
    amount: field.decimal(12, 2),
    /** The idempotency key that the provider was called with. */
    key: field.string().max(255).unique(),
    receipt: field.string().max(255),
  },
}) {}
