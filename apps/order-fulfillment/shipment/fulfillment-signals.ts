/** What happens to a shipment. */
import { defineSignals } from '@justscale/core/process'
import { Shipment } from './shipment.ts'

export class FulfillmentSignals extends defineSignals((signal) => ({
  shipped: signal('/shipment/:shipment/shipped').types({ shipment: Shipment }),
  delivered: signal('/shipment/:shipment/delivered').types({ shipment: Shipment }),
})) {}
