/** Order fulfillment on Postgres: `bun main.ts` with `DATABASE_URL` set, on as many nodes as you like. */
import { bindRepository, defineApp, JustScale, ModelRepository } from '@justscale/core'
import { HttpFeature, OpenApiFeature } from '@justscale/http'
import {
  createPgModel,
  createPgRepository,
  PostgresFeature,
  PostgresProcessFeature,
  PostgresSchemaFeature,
} from '@justscale/postgres'
import { Order } from './order/order.ts'
import { OrderFulfillment } from './order-fulfillment.ts'
import { Product } from './product/product.ts'
import { Shipment } from './shipment/shipment.ts'

export default defineApp(import.meta, () =>
  JustScale()
    .named('order-fulfillment')
    .add(PostgresFeature)
    .add(bindRepository(ModelRepository.of(Product), createPgRepository(createPgModel(Product))))
    .add(bindRepository(ModelRepository.of(Order), createPgRepository(createPgModel(Order))))
    .add(bindRepository(ModelRepository.of(Shipment), createPgRepository(createPgModel(Shipment))))
    .add(PostgresSchemaFeature)
    .add(PostgresProcessFeature)
    .add(OrderFulfillment)
    .add(OpenApiFeature({ title: 'Order fulfillment' }))
    .add(HttpFeature),
)
