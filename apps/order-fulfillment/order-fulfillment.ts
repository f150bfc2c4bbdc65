/** What the app is made of, whatever it is stored in. */
import { createFeatureBuilder, ModelRepository } from '@justscale/core'
import { Order } from './order/order.ts'
import { orders } from './order/order-controller.ts'
import { orderLife } from './order/order-life.ts'
import { OrderService } from './order/order-service.ts'
import { OrderSignals } from './order/order-signals.ts'
import { Product } from './product/product.ts'
import { products } from './product/product-controller.ts'
import { ProductService } from './product/product-service.ts'
import { FulfillmentSignals } from './shipment/fulfillment-signals.ts'
import { Shipment } from './shipment/shipment.ts'
import { shipments } from './shipment/shipment-controller.ts'
import { shipmentLife } from './shipment/shipment-life.ts'
import { ShipmentService } from './shipment/shipment-service.ts'

export class OrderFulfillment extends createFeatureBuilder()
  .name('OrderFulfillment')
  .requires(ModelRepository.of(Product))
  .requires(ModelRepository.of(Order))
  .requires(ModelRepository.of(Shipment))
  .provides((app) =>
    app
      .add(OrderSignals)
      .add(FulfillmentSignals)
      .add(ProductService)
      .add(OrderService)
      .add(ShipmentService)
      .add(shipmentLife)
      .add(orderLife)
      .add(products)
      .add(orders)
      .add(shipments),
  ) {}
