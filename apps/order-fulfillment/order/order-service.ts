/** Orders. What changes one takes it under lock: who calls holds it, and decides what else commits with it. */
import { defineService, ModelRepository, type Locked, type Persistent, type Ref } from '@justscale/core'
import { HttpError } from '@justscale/http'
import { Product } from '../product/product.ts'
import { Shipment } from '../shipment/shipment.ts'
import { Order } from './order.ts'
import { OrderSignals } from './order-signals.ts'

export class OrderService extends defineService({
  inject: {
    orders: ModelRepository.of(Order),
    products: ModelRepository.of(Product),
    shipments: ModelRepository.of(Shipment),
    signals: OrderSignals,
  },
  factory: ({ orders, products, shipments, signals }) => {
    const productOf = async (order: Locked<Order>): Promise<Locked<Product>> => {
      const product = await products.lock(order.product)
      if (product === null) throw new Error('The product of the order is gone')
      return product
    }
    return {
      /** Throws 404 when there is no such product, 409 when there is not enough of it. */
      async place(product: Ref<Product>, quantity: number): Promise<Persistent<Order>> {
        await using locked = await products.lock(product)
        if (locked === null) throw new HttpError(404, 'There is no such product')
        if (!locked.reserve(quantity)) throw new HttpError(409, 'There is not enough of this product')
        await products.save(locked)
        return await orders.insert({ product: locked, quantity })
      },

      /** Tells the order's process that it is paid. Throws 409 when it is too late, or paid already. */
      async pay(order: Ref<Order>, transaction: string): Promise<void> {
        await using locked = await orders.lock(order)
        if (locked === null) throw new HttpError(404, 'There is no such order')
        if (!locked.pay(transaction)) throw new HttpError(409, `The order is ${locked.status}`)
        await orders.save(locked)
        await signals.paid({ order: locked, transaction })
      },

      /** Hands the goods to a shipment. */
      async fulfil(order: Locked<Order>): Promise<Persistent<Shipment>> {
        await using product = await productOf(order)
        product.take(order.quantity)
        order.status = 'fulfilled'
        await products.save(product)
        await orders.save(order)
        return await shipments.insert({ order })
      },

      /** Gives back what the order had reserved. */
      async cancel(order: Locked<Order>): Promise<void> {
        await using product = await productOf(order)
        product.release(order.quantity)
        order.status = 'cancelled'
        await products.save(product)
        await orders.save(order)
      },
    }
  },
}) {}
