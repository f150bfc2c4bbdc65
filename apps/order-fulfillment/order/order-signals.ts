/** What happens to an order. */
import { defineSignals } from '@justscale/core/process'
import { Order } from './order.ts'

export class OrderSignals extends defineSignals((signal) => ({
  paid: signal('/order/:order/paid').types({ order: Order }).data<{ readonly transaction: string }>(),
})) {}
