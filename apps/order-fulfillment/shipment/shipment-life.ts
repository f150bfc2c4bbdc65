/** The life of a shipment: shipped, then delivered, whenever the courier says so. */
import { createProcess, signal } from '@justscale/core/process'
import { FulfillmentSignals } from './fulfillment-signals.ts'
import { Shipment } from './shipment.ts'
import { ShipmentService } from './shipment-service.ts'

export const shipmentLife = createProcess({
  path: '/shipment/:shipment/life',
  types: { Shipment },
  inject: { shipments: ShipmentService, signals: FulfillmentSignals },
  async handler({ shipments, signals }, { shipment }) {
    await signal(signals.shipped)
    await shipments.setStatus(shipment, 'shipped')
    await signal(signals.delivered)
    await shipments.setStatus(shipment, 'delivered')
    return { status: 'delivered' as const }
  },
})
