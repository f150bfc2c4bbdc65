/** Shipments, and what couriers say of them. */
import { defineService, ModelRepository, type Locked, type Persistent, type Ref } from '@justscale/core'
import { HttpError } from '@justscale/http'
import type { Order } from '../order/order.ts'
import { FulfillmentSignals } from './fulfillment-signals.ts'
import { Shipment, type shipmentStatuses } from './shipment.ts'

export class ShipmentService extends defineService({
  inject: { shipments: ModelRepository.of(Shipment), signals: FulfillmentSignals },
  factory: ({ shipments, signals }) => {
    const lock = async (shipment: Ref<Shipment>): Promise<Locked<Shipment>> => {
      const locked = await shipments.lock(shipment)
      if (locked === null) throw new HttpError(404, 'There is no such shipment')
      return locked
    }
    return {
      /** Throws 404 while the order has none. */
      async of(order: Ref<Order>): Promise<Persistent<Shipment>> {
        const found = await shipments.findOne({ where: Shipment.fields.order.eq(order) })
        if (found === null) throw new HttpError(404, 'The order has no shipment')
        return found
      },

      async shipped(shipment: Ref<Shipment>): Promise<void> {
        await using locked = await lock(shipment)
        await signals.shipped({ shipment: locked })
      },

      async delivered(shipment: Ref<Shipment>): Promise<void> {
        await using locked = await lock(shipment)
        await signals.delivered({ shipment: locked })
      },

      async setStatus(shipment: Ref<Shipment>, status: (typeof shipmentStatuses)[number]): Promise<void> {
        await using locked = await lock(shipment)
        locked.status = status
        await shipments.save(locked)
      },
    }
  },
}) {}
