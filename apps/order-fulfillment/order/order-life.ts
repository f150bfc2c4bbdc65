/** The life of an order: fulfilled when its payment is confirmed within fifteen minutes, else cancelled. */
import { ModelRepository } from '@justscale/core'
import { createProcess, delay, race, signal } from '@justscale/core/process'
import { shipmentLife } from '../shipment/shipment-life.ts'
import { Order } from './order.ts'
import { OrderService } from './order-service.ts'
import { OrderSignals } from './order-signals.ts'

export const orderLife = createProcess({
  path: '/order/:order/life',
  types: { Order },
  inject: { orders: ModelRepository.of(Order), svc: OrderService, ship: shipmentLife, signals: OrderSignals },
  async handler({ orders, svc, ship, signals }, { order }) {
    const r = race()
    switch (true) {
      case signal(r, signals.paid): {
        await using locked = await orders.lock(order)
        if (locked === null) throw new Error('The order is gone')
        const shipment = await svc.fulfil(locked)
        await ship({ shipment })
        return { status: 'fulfilled' as const, transaction: r.transaction }
      }
      case delay.minutes(r, 15): {
        await using locked = await orders.lock(order)
        if (locked === null) throw new Error('The order is gone')
        if (locked.status === 'paid') {
          // Paid after the time was up, and before it was cancelled.
          const shipment = await svc.fulfil(locked)
          await ship({ shipment })
          return { status: 'fulfilled' as const, transaction: locked.transaction }
        }
        await svc.cancel(locked)
        return { status: 'cancelled' as const }
      }
    }
  },
})
