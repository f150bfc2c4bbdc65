/** Products over HTTP: create, show, restock. */
import { createController, view } from '@justscale/core'
import { Get, Post } from '@justscale/http'
import { z } from 'zod'
import { Product } from './product.ts'
import { ProductService } from './product-service.ts'

const ProductView = view(Product, { self: true, fields: ['name', 'stock', 'reserved'] })

export const products = createController('/products', {
  inject: { svc: ProductService },
  routes: ({ svc }) => ({
    create: Post('/')
      .body(z.object({ name: z.string().min(1).max(120), stock: z.int().min(0) }))
      .returns(201, ProductView)
      .handle(async ({ body, res }) => res.status(201).json(await svc.create(body.name, body.stock))),
    show: Get('/:product')
      .types({ Product })
      .returns(200, ProductView)
      .handle(async ({ product }) => await product),
    restock: Post('/:product/restock')
      .types({ Product })
      .body(z.object({ quantity: z.int().positive() }))
      .returns(200, ProductView)
      .handle(({ product, body }) => svc.restock(product, body.quantity)),
  }),
})
