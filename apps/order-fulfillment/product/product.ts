/** What can be ordered, how much of it there is, and how much of that is promised to orders. */
import { defineModel, field, type Locked } from '@justscale/core'

export class Product extends defineModel({
  name: 'Product',
  fields: {
    name: field.string().max(120),
    stock: field.int(),
    reserved: field.int().default(0),
  },
}) {
  /** Promises `quantity` to an order. False when there is not so much. */
  reserve(this: Locked<Product>, quantity: number): boolean {
    if (this.stock - this.reserved < quantity) return false
    this.reserved += quantity
    return true
  }

  /** Takes back the promise. */
  release(this: Locked<Product>, quantity: number): void {
    this.reserved -= quantity
  }

  /** Hands out what was promised. */
  take(this: Locked<Product>, quantity: number): void {
    this.reserved -= quantity
    this.stock -= quantity
  }
}
