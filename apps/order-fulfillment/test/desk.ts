/** What customers, the payment provider, couriers and the warehouse do at one node, over HTTP. */
import { createClient, HttpCallError } from '@justscale/http'
import type { orders } from '../order/order-controller.ts'
import type { products } from '../product/product-controller.ts'
import type { shipments } from '../shipment/shipment-controller.ts'

export class Desk {
  readonly #orders
  readonly #products
  readonly #shipments

  /** `url` of the node. */
  constructor(url: string) {
    this.#orders = createClient<typeof orders>({ baseUrl: url })
    this.#products = createClient<typeof products>({ baseUrl: url })
    this.#shipments = createClient<typeof shipments>({ baseUrl: url })
  }

  async product(stock: number): Promise<string> {
    return (await this.#products.post('/products', { body: { name: 'A lamp', stock } })).self
  }

  async productNow(product: string) {
    return await this.#products.get('/products/:product', { params: { product } })
  }

  async restock(product: string, quantity: number): Promise<number> {
    return await status(this.#products.post('/products/:product/restock', { params: { product }, body: { quantity } }))
  }

  async order(product: string, quantity = 1): Promise<string> {
    return (await this.#orders.post('/orders', { body: { product, quantity } })).self
  }

  async orderNow(order: string) {
    return await this.#orders.get('/orders/:order', { params: { order } })
  }

  /** The status that the payment provider gets. */
  async pay(order: string, transaction: string): Promise<number> {
    return await status(this.#orders.post('/orders/:order/payment', { params: { order }, body: { transaction } }))
  }

  async shipmentOf(order: string) {
    return await this.#orders.get('/orders/:order/shipment', { params: { order } })
  }

  async report(shipment: string, what: 'shipped' | 'delivered'): Promise<number> {
    return await status(this.#shipments.post(`/shipments/:shipment/${what}`, { params: { shipment } }))
  }
}

/** 200 for any success, else the status that the call failed with. */
async function status(call: Promise<unknown>): Promise<number> {
  try {
    await call
    return 200
  } catch (error) {
    if (error instanceof HttpCallError) return error.status
    throw error
  }
}
