/** An order: placed, then paid and fulfilled, or cancelled. */
import { defineModel, field, type Locked } from '@justscale/core'
import { Product } from '../product/product.ts'

export const orderStatuses = ['placed', 'paid', 'fulfilled', 'cancelled'] as const

export class Order extends defineModel({
  name: 'Order',
  fields: {
    product: field.ref(Product),
    quantity: field.int(),
    status: field.enum('OrderStatus', orderStatuses).default('placed'),
    /** What the payment provider calls the payment. */
    transaction: field.string().max(120).optional(),
  },
}) {
  /** False when it is too late, or paid already. */
  pay(this: Locked<Order>, transaction: string): boolean {
    if (this.status !== 'placed') return false
    this.status = 'paid'
    this.transaction = transaction
    return true
  }
}
