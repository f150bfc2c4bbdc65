/** Shipments over HTTP: for the courier to tell what becomes of them. */
import { createController, view } from '@justscale/core'
import { Get, Post } from '@justscale/http'
import { Shipment } from './shipment.ts'
import { ShipmentService } from './shipment-service.ts'

export const ShipmentView = view(Shipment, { self: true, fields: ['order', 'status'] })

export const shipments = createController('/shipments', {
  inject: { svc: ShipmentService },
  routes: ({ svc }) => ({
    show: Get('/:shipment')
      .types({ Shipment })
      .returns(200, ShipmentView)
      .handle(async ({ shipment }) => await shipment),
    shipped: Post('/:shipment/shipped')
      .types({ Shipment })
      .returns(204)
      .handle(({ shipment }) => svc.shipped(shipment)),
    delivered: Post('/:shipment/delivered')
      .types({ Shipment })
      .returns(204)
      .handle(({ shipment }) => svc.delivered(shipment)),
  }),
})
