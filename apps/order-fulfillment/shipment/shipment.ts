/** The goods of an order on their way. */
import { defineModel, field } from '@justscale/core'
import { Order } from '../order/order.ts'

export const shipmentStatuses = ['packing', 'shipped', 'delivered'] as const

export class Shipment extends defineModel({
  name: 'Shipment',
  fields: {
    order: field.ref(Order).unique(),
    status: field.enum('ShipmentStatus', shipmentStatuses).default('packing'),
  },
}) {}
