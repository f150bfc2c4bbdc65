/** Orders over HTTP: place one, look at it, pay it. */
import { createController, refOf, transaction, view } from '@justscale/core'
import { Get, Post } from '@justscale/http'
import { z } from 'zod'
import { Product } from '../product/product.ts'
import { ShipmentView } from '../shipment/shipment-controller.ts'
import { ShipmentService } from '../shipment/shipment-service.ts'
import { Order } from './order.ts'
import { orderLife } from './order-life.ts'
import { OrderService } from './order-service.ts'

const OrderView = view(Order, { self: true, fields: ['product', 'quantity', 'status', 'transaction'] })

export const orders = createController('/orders', {
  inject: { svc: OrderService, shipments: ShipmentService, life: orderLife },
  routes: ({ svc, shipments, life }) => ({
    place: Post('/')
      .body(z.object({ product: refOf(Product), quantity: z.int().positive() }))
      .returns(201, OrderView)
      .handle(async ({ body, res }) => {
        const placed = await transaction(async () => {
          const order = await svc.place(body.product, body.quantity)
          await life({ order })
          return order
        })
        return res.status(201).json(placed)
      }),
    show: Get('/:order')
      .types({ Order })
      .returns(200, OrderView)
      .handle(async ({ order }) => await order),
    pay: Post('/:order/payment')
      .types({ Order })
      .body(z.object({ transaction: z.string().min(1).max(120) }))
      .returns(204)
      .handle(({ order, body }) => svc.pay(order, body.transaction)),
    shipment: Get('/:order/shipment')
      .types({ Order })
      .returns(200, ShipmentView)
      .handle(({ order }) => shipments.of(order)),
  }),
})
